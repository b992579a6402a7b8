//  ImportedPast.swift · earshot
//
//  Readings that were imported, judged as if they had come live.

import Monitoring
import Pipeline
import Store

/// Imported readings and where their events go.
struct ImportedPast {
    let history: any LevelHistory
    let registry: SQLiteRegistry

    /// Judges a unit's imported readings by the rules that are in force now at where it was then,
    /// and records the events that ended. Once more, it records nothing.
    ///
    /// - Returns: all of them, those that are new, and how many readings were judged.
    func recordEvents(
        of unit: UnitID, in range: TimeRange
    ) async throws -> (events: [SoundEvent], new: [SoundEvent], frameCount: Int) {
        let desk = ReplayDesk(history: history, ledger: registry)
        let known = try await registry.recordedEvents(of: unit, in: range)
        let sites = try await registry.sites()
        let changes = sites.assignments.filter { $0.unit == unit }
            .flatMap { [$0.from] + ($0.to.map { [$0] } ?? []) }.filter(range.contains).sorted()
        var (events, frameCount) = ([SoundEvent](), 0)
        for (start, end) in zip([range.start] + changes, changes + [range.end]) {
            guard let part = TimeRange(start: start, end: end),
                let plan = sites.plans(of: [unit], at: start).first
            else { continue }
            let replay = try await desk.replay(under: plan, in: part, origins: [.imported])
            try Failure.refuse(replay.damage)
            frameCount += replay.frameCount
            events += replay.events.filter { event in
                !event.isActive && !known.contains { $0.overlaps(event) && $0.key != event.key }
            }
        }
        var batch = LedgerBatch()
        for index in events.indices { events[index].isReplayed = true }
        batch.events = events
        for (index, id) in try await registry.record(batch).enumerated() {
            events[index].id = id
            events[index].isSaved = true
        }
        let keys = Set(known.map(\.key))
        return (events, events.filter { !keys.contains($0.key) }, frameCount)
    }
}

extension Failure {
    /// What cannot be read cannot be judged.
    static func refuse(_ damage: [Damage]) throws {
        guard let first = damage.first else { return }
        throw Failure(
            .failed,
            "\(damage.count) parts of the unit's readings cannot be read, the first in \(first.file): "
                + "\(first.detail) Run it again, or look with earshot store verify.")
    }
}

extension SoundEvent {
    /// Both are of one rule, and last at one time.
    fileprivate func overlaps(_ other: SoundEvent) -> Bool {
        let forever = Timestamp(milliseconds: .max)
        return rule?.id == other.rule?.id && onsetAt <= other.clearedAt ?? forever
            && other.onsetAt <= clearedAt ?? forever
    }
}
