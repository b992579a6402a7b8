//  SimulatorConfiguration.swift · Simulator

package import Monitoring

/// What to simulate.
package struct SimulatorConfiguration: Sendable {
    /// Where levels come from.
    package enum Levels: Sendable {
        /// Made up: each unit has its own street.
        case seeded
        /// All units play the same recorded day, row by row, over and over.
        case recorded(RecordedDay)
    }

    package var host = "127.0.0.1"
    /// Of the first upstream, the others follow; 0 picks free ones; see `onReady`.
    package var port = 8100
    /// Another port that answers control calls, also while upstreams refuse connections; 0 picks.
    package var control: (host: String, port: Int)?
    /// The rosters of all upstreams, in order; 1 … 1,000 names without repetition.
    package var unitNames: [String]
    /// How many upstreams share the units evenly, 1 … 100.
    package var upstreams = 1
    /// Each upstream's units have the names of the first one's. In journals and counts they are
    /// told apart as `NAME/N`, with the upstream's number.
    package var sameNames = false
    /// What goes wrong, and when. More can be added while it runs.
    package var faults: [Fault] = []
    /// More that goes wrong, made from ``seed``.
    package var misbehaviour: Misbehaviour?
    package var levels = Levels.seeded
    /// What is loud beside units with seeded levels, by their position in ``unitNames``.
    package var works: [Int: [Works]] = [:]
    /// Decides all levels and all jitter.
    package var seed: UInt64 = 1
    /// Simulated seconds in a real one, 1 … 10,000.
    package var speed = 1.0
    /// The simulated time at which the play begins; `nil` is real time. A play that begins in the
    /// past catches up with real time and stays with it; one that does not, and is faster than
    /// real time, runs into the future.
    package var start: Timestamp?
    /// One poll each 1.000 s of simulated time, always, and nobody loses a frame: poll *k* reads
    /// second *k* of the play, so row *k* of a recorded day.
    package var exactCadence = false
    /// With a recorded day and a speed above 1: the day's last row falls on the real time at
    /// which the play catches up; from then on it goes on at real speed.
    package var endingNow = false
    /// The play stands still before its first second until so many subscriptions are open. Until
    /// then units are listed but have no status, like units that were never polled.
    package var waitsForSubscribers = 0
    /// Measure, Start and the like take as long as with a real meter: 1 … 4 s, simulated.
    package var meterTakesTime = true
    /// The percentages of LN1 … LN5, ascending, 1 … 99.
    package var percentages = [1, 10, 50, 90, 95]
    /// A file that gets a line `unit,timestamp,lp` for each distinct reading that was sent to at
    /// least one subscriber; replaced when it exists.
    package var journal: String?
    /// A file that gets a line `unit,timestamp,lp` for each reading that the upstream took from a
    /// meter, with the `last_seen` that `/status` shows; replaced when it exists.
    package var readingsJournal: String?

    /// Which upstream this is the part of, from 0; see ``parts``.
    var upstreamIndex = 0
    /// How many units all parts have; `nil` in the whole.
    var wholeUnitCount: Int?

    /// - Parameter units: how many, 1 … 1,000: `NL43-0001`, `NL43-0002` …
    package init(units: Int = 1) {
        precondition((1...SimulatorConfiguration.unitsMax).contains(units))
        unitNames = (1...units).map { number in
            let digits = String(number)
            return "NL43-" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }

    package static let unitsMax = 1000
    package static let upstreamsMax = 100

    /// How many frames may wait for one subscriber: 5, as with the real upstream. At the bound
    /// the newest frames are lost, silently, and counted in ``FrameCounters/lost``. When the play
    /// is exact or faster than real time one tick alone may bring more than 5: then 65,536, so
    /// that only a reader that has stopped reading loses any.
    package var subscriberQueueMax: Int { exactCadence || speed > 1 ? 65_536 : 5 }

    /// - Throws: ``SimulatorError/configuration(problem:)`` with the first thing that is wrong.
    package func check() throws(SimulatorError) {
        let problem: String? =
            if !(1...SimulatorConfiguration.unitsMax).contains(unitNames.count) {
                "the number of units must be 1 to \(SimulatorConfiguration.unitsMax)"
            } else if let name = unitNames.first(where: { !UnitID.isPlain($0) }) {
                "`\(name)` cannot name a unit: use letters, digits, - and _, at most 64"
            } else if Set(unitNames).count < unitNames.count {
                "each unit must have a name of its own"
            } else if !SimulatedClock.speeds.contains(speed) {
                "the speed must be 1 to 10,000"
            } else if endingNow, speed == 1 {
                "a day can end now only when it is played faster than real time"
            } else if endingNow, start != nil {
                "a day that ends now cannot have a start of its own"
            } else if endingNow, case .seeded = levels {
                "only a recorded day can end now"
            } else if percentages.count != 5 || percentages != percentages.sorted()
                || !percentages.allSatisfy((1...99).contains)
            {
                "the percentages must be five, ascending, from 1 to 99"
            } else {
                problemOfUpstreams ?? problemOfFaults
            }
        if let problem { throw .configuration(problem: problem) }
    }

    /// - Parameter index: on the roster of this part.
    func seed(ofUnit index: Int) -> UInt64 {
        seed &* 1_000_003 &+ UInt64(firstUnit + index) &* 7919 &+ 17
    }

    /// - Parameter index: as there.
    func works(ofUnit index: Int) -> [Works] { works[firstUnit + index] ?? [] }

    /// The clock of a play that begins at `now`.
    func clock(beginningAt now: Timestamp) -> SimulatedClock {
        if endingNow, case .recorded(let day) = levels {
            return SimulatedClock(
                origin: now, catchingUpAfterSeconds: day.tenths.count - 1, speed: speed)
        }
        return SimulatedClock(origin: now, start: start, speed: speed)
    }
}
