//  MeterModel.swift · Simulator

/// One meter's surroundings: a second of sound each second.
///
/// Two optionals, not an enum with payloads: the generator is advanced in place, 10⁶ times a
/// second when a thousand units play fast, and must not be copied for it.
struct MeterModel: Sendable {
    private var seeded: SeededLevels?
    private let recorded: RecordedDay?

    /// Levels made up from a seed.
    init(seed: UInt64, stretch: UInt64 = 0, works: [Works] = []) {
        seeded = SeededLevels(seed: seed, stretch: stretch, works: works)
        recorded = nil
    }

    /// A recorded day, row by row, for ever again from its first row.
    init(_ day: RecordedDay) {
        seeded = nil
        recorded = day
    }

    /// The next second.
    ///
    /// - Parameters:
    ///   - index: seconds since the play began, one more each call; chooses the recorded row.
    ///   - epochSecond: the simulated second of Unix time; chooses the hour of the day.
    mutating func next(index: Int, epochSecond: Int64) -> MeterSecond {
        recorded?.second(at: index) ?? seeded!.next(epochSecond: epochSecond)
    }
}
