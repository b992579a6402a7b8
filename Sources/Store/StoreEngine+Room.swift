//  StoreEngine+Room.swift · Store
//
//  The room on the disk: asked for now and then, and acted upon.

package import Monitoring

extension StoreEngine {
    /// Looks at the room on the disk and does the one thing that it asks for.
    ///
    /// - Returns: the day whose raw frames went, when one did.
    package func mindRoom(now: Timestamp) throws -> TimeRange? {
        let facts = try roomFacts(now: now)
        defer { noteRoom(facts) }
        switch pressure.decide(facts) {
        case .releaseReserve: _ = reserve.release()
        case .makeReserve: _ = try reserve.makeStep()
        case .releaseOldestDay: return try releaseOldestDay()
        case nil: break
        }
        return nil
    }

    private func roomFacts(now: Timestamp) throws(DiskError) -> DiskPressure.Facts {
        DiskPressure.Facts(
            space: try disk.space(), freeBytesMinimum: configuration.freeBytesMinimum,
            reserveBytes: configuration.reserveBytes, isReserveHeld: reserve.isHeld,
            oldest: oldestReleasable, now: now)
    }

    private func noteRoom(_ facts: DiskPressure.Facts) {
        var warnings: [String] = []
        let free = facts.space.freeBytes >> 20
        if DiskPressure.isLow(facts) {
            let least = DiskPressure.threshold(facts) >> 20
            warnings.append(
                "The disk has \(free) MiB of room, less than the \(least) MiB that should be free: "
                    + "raw frames of the oldest days go, those of the last "
                    + "\(DiskPressure.keptDays) days stay.")
        }
        if facts.reserveBytes > 0, !reserve.isHeld, facts.space.freeBytes < 4 * facts.reserveBytes {
            warnings.append("The reserve is in use: the disk has \(free) MiB of room.")
        }
        view.withState { [warnings] in $0.warnings = warnings }
    }
}
