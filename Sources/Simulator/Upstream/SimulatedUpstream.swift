//  SimulatedUpstream.swift · Simulator
//
//  The whole upstream as one value: time goes in, frames come out; requests go in, answers come
//  out (`SimulatedUpstream+Answers.swift`). Waiting, sockets and files are ``SimulatorService``'s.

/// Units, their meters, and what the upstream knows of them.
struct SimulatedUpstream: Sendable {
    /// The units of the roster in order, then names that were only asked for.
    var feeds: [UnitFeed]
    /// How many of ``feeds`` are on the roster.
    let rosterCount: Int
    /// The simulated time that everything has been played up to; requests are answered as of it.
    private(set) var now = UpstreamTime(microseconds: 0)
    /// False until ``begin(at:)``: units are listed but have never been polled.
    private(set) var hasBegun = false

    /// Positions in ``feeds``.
    private(set) var indexes: [String: Int]
    /// Positions of the units that had a monitor since the start, in the order of their first.
    private(set) var monitored: [Int] = []
    private let configuration: SimulatorConfiguration

    /// Names without a meter that get a feed of their own; of further ones nothing is kept.
    static let strangersMax = 1000

    /// A frame for all subscribers of a unit.
    struct Delivery: Sendable {
        let unit: String
        let frame: FeedFrame
    }

    init(_ configuration: SimulatorConfiguration) {
        self.configuration = configuration
        let names = configuration.unitNames
        rosterCount = names.count
        feeds = names.enumerated().map { index, name in
            UnitFeed(
                name: name, isKnown: true, isExact: configuration.exactCadence,
                seed: configuration.seed(ofUnit: index) ^ 0x00C0_FFEE)
        }
        indexes = Dictionary(
            names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The play begins at `time`: all meters start to measure, and all are polled once.
    mutating func begin(at time: UpstreamTime) {
        precondition(!hasBegun)
        hasBegun = true
        now = time
        for index in 0..<rosterCount {
            let model: MeterModel =
                switch configuration.levels {
                case .seeded: MeterModel(seed: configuration.seed(ofUnit: index))
                case .recorded(let day): MeterModel(day)
                }
            let meter = Meter(
                model: model, startEpochSecond: time.microseconds / 1_000_000,
                percentages: configuration.percentages)
            feeds[index].begin(meter, at: time)
        }
        for index in rosterCount..<feeds.count { feeds[index].beginWithoutMeter(at: time) }
    }

    /// Plays on up to and with `time`: every poll that is due, in order for each unit.
    mutating func advance(to time: UpstreamTime) -> [Delivery] {
        precondition(hasBegun)
        guard time >= now else { return [] }
        var deliveries: [Delivery] = []
        for index in feeds.indices {
            while feeds[index].nextPoll <= time {
                if let frame = feeds[index].poll() {
                    deliveries.append(Delivery(unit: feeds[index].name, frame: frame))
                }
            }
        }
        now = time
        return deliveries
    }

    /// A new subscriber of `unit`, which need not exist.
    /// - Returns: the frame to replay to it.
    mutating func subscribe(_ unit: String) -> FeedFrame? {
        guard let index = monitorIndex(unit) else { return nil }
        return feeds[index].subscribe(at: now)
    }

    /// Takes one subscriber of `unit` away.
    mutating func unsubscribe(_ unit: String) {
        guard let index = indexes[unit] else { return }
        feeds[index].unsubscribe()
    }

    /// Pulls a unit's plug, or puts it back in; the feed notices at its next poll.
    mutating func setPlugged(_ isPlugged: Bool, unit: String) {
        guard let index = indexes[unit] else { return }
        feeds[index].isPlugged = isPlugged
    }

    /// The feed whose monitor is about to run; made when the name is not on the roster.
    /// - Returns: `nil` when there are ``strangersMax`` such feeds already.
    mutating func monitorIndex(_ unit: String) -> Int? {
        if indexes[unit] == nil {
            guard feeds.count - rosterCount < SimulatedUpstream.strangersMax else { return nil }
            indexes[unit] = feeds.count
            feeds.append(UnitFeed(name: unit, isKnown: false, isExact: false, seed: 0))
        }
        let index = indexes[unit]!
        if feeds[index].monitor == nil { monitored.append(index) }
        return index
    }
}
