//  MeasurementRun.swift · Ingest
//
//  From when on a meter's cumulative values count. A reset starts them afresh, of which the
//  upstream says nothing; they give it away, because within one measurement
//
//      LE, Lmax, Lpeak   never fall
//      Lmin              never rises
//      Leq               falls at most by 10·lg(T / (T + dt)), as if nothing were heard any more,
//                        and 0.1 dB for the rounding of both; T is the time seen by us, which is
//                        at most the true one
//
//  Each of the five is a witness. One value may be garbled and still look like one, so:
//  - a witness counts when it contradicts both of its last two values: a garbled value that was
//    taken for true cannot make the next good one a witness;
//  - two witnesses in one reading are believed at once; one alone when the next reading
//    says the same. The reading in between goes on without its cumulative values.

import Monitoring

/// Follows the measurement of one unit that is measuring. Pure; readings in order of time.
struct MeasurementRun: Hashable, Sendable {
    /// What shows a reset, in the order of ``SLMMReading/testimony``.
    private static let witnessCount = 5

    private struct Sample: Hashable {
        let time: Timestamp
        let level: Level
    }

    /// The last two values of one witness.
    private struct Trail: Hashable {
        var last: Sample?
        var before: Sample?
    }

    private struct Doubt: Hashable {
        let time: Timestamp
        /// The last reading before it.
        let previous: Timestamp
        let witnesses: Set<Int>
    }

    /// The reading before a reset is taken for its time when it is at most this much older.
    static let reachMilliseconds: Int64 = 15_000

    enum Finding: Hashable, Sendable {
        case continues
        /// The meter was reset after the reading before, or after the one before that.
        case reset
        /// One value speaks for a reset. The cumulative values are not to be used.
        case doubtful
    }

    /// From when on the cumulative values count; `nil` while nobody told.
    private(set) var start: Timestamp?
    private var newest: Timestamp?
    /// The first reading seen of this measurement.
    private var seenSince: Timestamp?
    private var trails = [Trail](repeating: Trail(), count: witnessCount)
    private var doubt: Doubt?

    init() {}

    /// Carries on from the newest frame that is stored, which is not known to be the first of its
    /// measurement. Its LE is not known.
    init(_ frame: Frame) {
        start = frame.measurementStart
        var reading = SLMMReading(
            time: frame.time, levels: frame.levels, flags: [], word: .measuring)
        reading.measurementStart = start
        _ = follow(reading)
    }

    /// The start to put on a late reading: its own, when it is of before.
    func start(ofLate reading: SLMMReading) -> Timestamp? {
        guard let start, reading.time < start else { return start }
        return reading.measurementStart
    }

    /// After a step of the upstream's clock nothing from before can be compared any more; the
    /// measurement goes on.
    mutating func noteClockStep(at time: Timestamp) { begin(at: time) }

    /// - Parameter reading: newer than those before, but for a step of the clock.
    /// - Returns: what the reading says of the measurement; ``start`` is then that of the reading.
    mutating func follow(_ reading: SLMMReading) -> Finding {
        defer { newest = reading.time }
        if let told = reading.measurementStart, start.map({ told > $0 }) ?? true {
            if start != nil { begin(at: reading.time) }
            start = told
        }
        let testimony = reading.testimony
        let witnesses = contradictions(in: testimony, at: reading.time)
        let repeated = doubt.map { !$0.witnesses.isDisjoint(with: witnesses) } ?? false
        guard repeated || witnesses.count > 1 else {
            let isDoubtful = witnesses.contains { trails[$0].before != nil }
            if isDoubtful, let newest {
                doubt = Doubt(time: reading.time, previous: newest, witnesses: witnesses)
                return .doubtful
            }
            doubt = nil
            remember(testimony, at: reading.time)
            return .continues
        }
        let first = repeated ? doubt!.time : reading.time
        let previous = repeated ? doubt!.previous : newest ?? first
        begin(at: first)
        start =
            first.milliseconds(since: previous) <= MeasurementRun.reachMilliseconds
            ? previous : first
        remember(testimony, at: reading.time)
        return .reset
    }

    private mutating func begin(at time: Timestamp) {
        trails = [Trail](repeating: Trail(), count: MeasurementRun.witnessCount)
        seenSince = time
        doubt = nil
    }

    private mutating func remember(_ testimony: [Level?], at time: Timestamp) {
        if seenSince == nil { seenSince = time }
        for (witness, level) in testimony.enumerated() {
            guard let level else { continue }
            trails[witness] = Trail(
                last: Sample(time: time, level: level), before: trails[witness].last)
        }
    }

    private func contradictions(in testimony: [Level?], at time: Timestamp) -> Set<Int> {
        var witnesses: Set<Int> = []
        for (witness, level) in testimony.enumerated() {
            guard let level, let last = trails[witness].last else { continue }
            let samples = [last, trails[witness].before].compactMap { $0 }
            if samples.allSatisfy({ contradicts(witness, level, at: time, $0) }) {
                witnesses.insert(witness)
            }
        }
        return witnesses
    }

    private func contradicts(
        _ witness: Int, _ level: Level, at time: Timestamp, _ earlier: Sample
    ) -> Bool {
        switch SLMMReading.testimonyRules[witness] {
        case .neverFalls: return level < earlier.level
        case .neverRises: return level > earlier.level
        case .dilutes:
            guard let seenSince, earlier.time > seenSince else { return false }
            let before = Double(earlier.time.milliseconds(since: seenSince))
            let whole = Double(time.milliseconds(since: seenSince))
            let dilution = Level.decibels(ofEnergy: before / whole)
            return level.decibels < earlier.level.decibels + dilution - 0.1001
        }
    }
}

extension SLMMReading {
    fileprivate enum Rule { case neverFalls, neverRises, dilutes }

    fileprivate static let testimonyRules: [Rule] = [
        .neverFalls, .neverFalls, .neverFalls, .neverRises, .dilutes,
    ]

    /// LE, Lmax, Lpeak, Lmin, Leq.
    fileprivate var testimony: [Level?] {
        [exposure, levels[.lmax], levels[.lpeak], levels[.lmin], levels[.leq]]
    }
}
