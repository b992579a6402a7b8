//  DiskPressure.swift · Store
//
//  What to do about the room on the disk.
//
//      free  ──── plenty ────┤ minimum ├──── little ────┤ nearly none ├── full
//             make the reserve           the oldest day      let the
//                                        of raw frames goes  reserve go

import Monitoring

/// Decides by the room that is free. Pure: it is told the time, and acts by answering.
struct DiskPressure: Sendable {
    struct Facts: Sendable {
        var space: DiskSpace
        /// Below this, raw frames of the oldest days go; 0: never.
        var freeBytesMinimum: Int
        var reserveBytes: Int
        var isReserveHeld: Bool
        /// The oldest raw frame that could go.
        var oldest: Timestamp?
        var now: Timestamp

        init(
            space: DiskSpace, freeBytesMinimum: Int, reserveBytes: Int, isReserveHeld: Bool,
            oldest: Timestamp?, now: Timestamp
        ) {
            self.space = space
            self.freeBytesMinimum = freeBytesMinimum
            self.reserveBytes = reserveBytes
            self.isReserveHeld = isReserveHeld
            self.oldest = oldest
            self.now = now
        }
    }

    enum Action: Equatable, Sendable {
        case makeReserve, releaseReserve, releaseOldestDay
    }

    /// Raw frames younger than this never go: when the rest of the disk fills up, writing stops
    /// rather than that the last week is taken away.
    static let keptDays: Int64 = 7
    /// A day at most in this time, so that there is time to see what fills the disk …
    static let calmMilliseconds: Int64 = 600_000
    /// … unless there is nearly no room left.
    static let hurryMilliseconds: Int64 = 60_000
    /// On a small disk, no more than this part of it is kept free.
    static let freePartMaximum = 10

    private var lastRelease: Timestamp?

    init() {}

    /// What is short of room: what is free is less than what should be.
    static func isLow(_ facts: Facts) -> Bool {
        facts.space.freeBytes < threshold(facts)
    }

    static func threshold(_ facts: Facts) -> Int {
        min(facts.freeBytesMinimum, facts.space.totalBytes / freePartMaximum)
    }

    /// What to do now; `nil` when all is well, or nothing can be done.
    mutating func decide(_ facts: Facts) -> Action? {
        let free = facts.space.freeBytes
        if facts.isReserveHeld, free < facts.reserveBytes / 8 { return .releaseReserve }
        if DiskPressure.isLow(facts), mayRelease(facts) {
            lastRelease = facts.now
            return .releaseOldestDay
        }
        return !facts.isReserveHeld && free >= 4 * facts.reserveBytes && facts.reserveBytes > 0
            ? .makeReserve : nil
    }

    private func mayRelease(_ facts: Facts) -> Bool {
        guard let oldest = facts.oldest,
            facts.now.milliseconds(since: oldest) > (DiskPressure.keptDays + 1) * 86_400_000
        else { return false }
        guard let lastRelease else { return true }
        let isHurry = facts.space.freeBytes < max(facts.reserveBytes, 16 << 20)
        let pause = isHurry ? DiskPressure.hurryMilliseconds : DiskPressure.calmMilliseconds
        let passed = facts.now.milliseconds(since: lastRelease)
        // A clock that went back must not put it off for ever.
        return passed >= pause || passed < 0
    }
}
