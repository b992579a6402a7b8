//  SimulatedUpstream.swift · Simulator
//
//  The whole upstream as one value: time goes in, frames come out; requests go in, answers come
//  out (`SimulatedUpstream+Answers.swift`, `+Replies.swift` for the faulty ones). Waiting, sockets
//  and files are ``SimulatorService``'s.

/// Units, their meters, and what the upstream knows of them.
struct SimulatedUpstream: Sendable {
    /// The units of the roster in order, then names that were only asked for.
    var feeds: [UnitFeed]
    /// How many of ``feeds`` were on the roster at the beginning.
    let rosterCount: Int
    /// The simulated time that everything has been played up to; requests are answered as of it.
    /// It never steps; see ``wallClock`` for what does.
    private(set) var now = UpstreamTime(microseconds: 0)
    /// False until ``begin(at:)``: units are listed but have never been polled.
    private(set) var hasBegun = false
    /// Faults of the upstream as a whole; of its units: ``UnitFeed/faults``.
    private(set) var faults = FaultTimeline()
    /// Who uses it now; freezes it.
    private(set) var load = UpstreamLoad()
    /// All connections are to be cut; see ``takeCut()``.
    private var cutsConnections = false
    /// The replies that were faulty, so that kinds of wrong can take turns.
    var faultyReplies = 0

    /// Positions in ``feeds``.
    private(set) var indexes: [String: Int]
    /// Positions of the units that had a monitor since the start, in the order of their first.
    private(set) var monitored: [Int] = []
    private var playStart = UpstreamTime(microseconds: 0)
    private var clockError: Int64 = 0
    private let configuration: SimulatorConfiguration

    /// Names without a meter that get a feed of their own; of further ones nothing is kept.
    static let strangersMax = 1000

    /// A frame for all subscribers of a unit.
    struct Delivery: Sendable {
        let unit: String
        let frame: FeedFrame
    }
    /// What has been read from a meter.
    struct TakenReading: Sendable {
        let unit: String
        let reading: Reading
    }
    /// Readings since they were last taken; kept only for a journal of them.
    var readings: [TakenReading] = []

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
        playStart = time
        for index in 0..<rosterCount {
            let model: MeterModel =
                switch configuration.levels {
                case .seeded:
                    MeterModel(
                        seed: configuration.seed(ofUnit: index),
                        works: configuration.works(ofUnit: index))
                case .recorded(let day): MeterModel(day)
                }
            let meter = Meter(
                model: model, startEpochSecond: time.microseconds / 1_000_000,
                percentages: configuration.percentages)
            feeds[index].begin(meter, at: time)
        }
        for index in rosterCount..<feeds.count { feeds[index].beginWithoutMeter(at: time) }
    }

    /// Simulated time since the play began, in microseconds.
    var elapsed: Int64 { hasBegun ? now.microseconds(since: playStart) : 0 }

    var meterTakesTime: Bool { configuration.meterTakesTime }

    /// What its wall clock shows.
    var wallClock: UpstreamTime { now.advanced(byMicroseconds: clockError) }

    /// Plays on up to and with `time`: every poll that is due, in order for each unit.
    mutating func advance(to time: UpstreamTime) -> [Delivery] {
        precondition(hasBegun)
        var deliveries: [Delivery] = []
        while faults.nextEdge <= time.microseconds(since: playStart) {
            let edge = playStart.advanced(byMicroseconds: faults.nextEdge)
            // What is due at the same instant comes after it: a fault has its beginning.
            play(to: edge.advanced(byMicroseconds: -1), &deliveries)
            now = max(now, edge)
            for edge in faults.turn() { follow(edge) }
        }
        play(to: time, &deliveries)
        load.check(at: now, isSilent: isSilent)
        return deliveries
    }

    private mutating func play(to time: UpstreamTime, _ deliveries: inout [Delivery]) {
        guard time >= now else { return }
        if let thaw = load.thaw {
            now = min(thaw, time)
            guard thaw <= time else { return }
            load.end(at: thaw)
            resume()
        }
        if !isHeld {
            for index in feeds.indices {
                while feeds[index].nextWake <= time {
                    let woken = feeds[index].wake()
                    for frame in woken.frames {
                        deliveries.append(Delivery(unit: feeds[index].name, frame: frame))
                    }
                    if let reading = woken.reading { note(reading, of: index) }
                }
            }
        }
        now = time
    }

    /// The meter's answer now, to a request.
    mutating func readNow(_ index: Int) -> Reading? {
        let reading = feeds[index].readNow(at: now)
        if let reading { note(reading, of: index) }
        return reading
    }

    private mutating func note(_ reading: Reading, of index: Int) {
        guard configuration.readingsJournal != nil else { return }
        readings.append(TakenReading(unit: feeds[index].name, reading: reading))
    }

    /// A new subscriber of `unit`, which need not exist.
    /// - Returns: the frame to replay to it.
    mutating func subscribe(_ unit: String) -> FeedFrame? {
        guard let index = monitorIndex(unit) else { return nil }
        let frame = feeds[index].subscribe(at: now)
        noteWatched(sockets: 1)
        return frame
    }

    /// Takes one subscriber of `unit` away.
    mutating func unsubscribe(_ unit: String) {
        guard let index = indexes[unit] else { return }
        feeds[index].unsubscribe()
        noteWatched(sockets: -1)
    }

    private mutating func noteWatched(sockets: Int) {
        load.setWatched(monitored.count { feeds[$0].isWatched }, sockets: sockets)
        load.check(at: now, isSilent: isSilent || !hasBegun)
    }

    /// A request has come; it holds a connection until ``leave()``.
    mutating func arrive(method: String, segments: [String]) {
        load.arrive(method: method, segments: segments)
        load.check(at: now, isSilent: isSilent || !hasBegun)
    }

    mutating func leave() { load.leave() }

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
            feeds[feeds.count - 1].clockError = clockError
        }
        let index = indexes[unit]!
        if feeds[index].monitor == nil { monitored.append(index) }
        return index
    }
}

// Faults.
extension SimulatedUpstream {
    /// Nothing is answered or sent.
    var isSilent: Bool { load.thaw != nil || faults.has(.stalled) }

    /// No connection is accepted.
    var isRefusing: Bool { faults.has(.down) || faults.has(.restart) }

    /// Meters are not polled.
    private var isHeld: Bool { isSilent || isRefusing }

    /// Adds a fault of `unit`, or of the upstream as a whole. A unit that is not there has none.
    mutating func add(_ entry: FaultTimeline.Entry, unit: String?) {
        guard let unit else { return faults.add(entry) }
        if let index = indexes[unit] { feeds[index].add(entry) }
    }

    /// Ends a fault now; one that has not begun will not.
    mutating func removeFault(id: Int) {
        faults.remove(id: id, at: elapsed)
        for index in 0..<rosterCount { feeds[index].removeFault(id: id, at: elapsed) }
    }

    /// Whether all connections are to be cut, once each time.
    mutating func takeCut() -> Bool {
        defer { cutsConnections = false }
        return cutsConnections
    }

    private mutating func follow(_ edge: FaultTimeline.Edge) {
        switch edge {
        case .begins(let fault):
            switch fault.kind {
            case .down, .cut: cutAll()
            case .restart:
                cutAll()
                for index in monitored { feeds[index].forgetMonitor() }
                monitored = []
            default: break
            }
        case .ends(let fault):
            switch fault.kind {
            case .down, .stalled, .restart: resume()
            default: break
            }
        }
        clockError = faults.active.reduce(0) { sum, fault in
            let error = Int64(fault.seconds) * 1_000_000
            return switch fault.kind {
            case .clockAhead: sum + error
            case .clockBack: sum - error
            default: sum
            }
        }
        for index in feeds.indices { feeds[index].clockError = clockError }
    }

    /// Goes on after a silence: the polls of that time were never made.
    private mutating func resume() {
        guard !configuration.exactCadence else { return }
        for index in feeds.indices { feeds[index].skip(to: now) }
    }

    /// Ends all subscriptions, and has all connections cut.
    mutating func cutAll() {
        cutsConnections = true
        for index in monitored {
            while feeds[index].isWatched { feeds[index].unsubscribe() }
        }
        load.setWatched(0, sockets: -load.sockets)
    }
}
