//  MemoryLedger.swift · PipelineTests
//
//  What survives a crash, in memory: a ledger of what was recorded, a store of what was flushed.

import Monitoring
import Support
import Synchronization

/// A ledger in memory.
final class MemoryLedger: EventLedger {
    private struct State {
        var ids: [String: Int64] = [:]
        var events: [String: SoundEvent] = [:]
        var entries: [Int64: JournalEntry] = [:]
        var checkpoints: [UnitID: MonitorCheckpoint] = [:]
        var reopened: [String] = []
    }

    private let state = Mutex(State())

    var events: [SoundEvent] { state.withLock { Array($0.events.values) } }
    var journal: [JournalEntry] {
        state.withLock { $0.entries.values.sorted { $0.number < $1.number } }
    }
    /// Keys of events that had ended and are told to go on.
    var reopened: [String] { state.withLock { $0.reopened } }

    /// Makes all checkpoints those of a version that is not read.
    func forgetCheckpoints() {
        state.withLock { state in
            for unit in state.checkpoints.keys { state.checkpoints[unit]!.version += 1 }
        }
    }

    func record(_ batch: LedgerBatch) async throws -> [Int64] {
        state.withLock { state in
            for entry in batch.entries { state.entries[entry.number] = entry }
            for checkpoint in batch.checkpoints { state.checkpoints[checkpoint.unit] = checkpoint }
            return batch.events.map { event in
                let id = state.ids[event.key] ?? Int64(state.ids.count + 1)
                if let known = state.events[event.key], !known.isActive, event.isActive {
                    state.reopened.append(event.key)
                }
                state.ids[event.key] = id
                state.events[event.key] = event
                state.events[event.key]!.id = id
                return id
            }
        }
    }

    func checkpoints() async throws -> [MonitorCheckpoint] {
        state.withLock { $0.checkpoints.values.sorted { $0.unit.name < $1.unit.name } }
    }

    func journal(of unit: UnitID, after number: Int64) async throws -> [JournalEntry] {
        journal.filter { $0.unit == unit && $0.number > number }
    }

    func lastJournalNumber() async throws -> Int64 { journal.last?.number ?? 0 }

    func openEvents() async throws -> [SoundEvent] {
        events.filter(\.isActive).sorted { ($0.onsetAt, $0.key) < ($1.onsetAt, $1.key) }
    }

    func recordedEvents(of unit: UnitID, in range: TimeRange) async throws -> [SoundEvent] {
        events.filter { $0.unit == unit && $0.kind == .rule && range.contains($0.onsetAt) }
            .sorted { $0.onsetAt < $1.onsetAt }
    }
}

/// A store in memory: what is not flushed is lost with ``crash()``. The first write of a time wins.
final class CrashingStore: FrameStore, LevelHistory {
    private struct State {
        var isStopped = false
        var waiting: [Frame] = []
        /// By time.
        var durable: [UnitID: [Frame]] = [:]
    }

    private let state = Mutex(State())

    func append(_ frames: [Frame]) async throws(StoreError) -> AppendSummary {
        let isStopped = state.withLock { state in
            if !state.isStopped { state.waiting += frames }
            return state.isStopped
        }
        if isStopped { throw .stopped }
        return AppendSummary()
    }

    /// Takes nothing any more.
    func stop() { state.withLock { $0.isStopped = true } }

    func flush() async throws(StoreError) {
        state.withLock { state in
            for frame in state.waiting {
                var frames = state.durable[frame.unit] ?? []
                state.durable[frame.unit] = nil
                let place = CrashingStore.place(of: frame.time, in: frames)
                if place == frames.count || frames[place].time != frame.time {
                    frames.insert(frame, at: place)
                }
                state.durable[frame.unit] = frames
            }
            state.waiting = []
        }
    }

    /// Forgets what was not flushed.
    func crash() { state.withLock { $0.waiting = [] } }

    /// Each unit's newest frame.
    var newest: [Frame] { state.withLock { $0.durable.values.compactMap(\.last) } }

    func completeUntil(_ unit: UnitID) -> Timestamp? {
        state.withLock { $0.durable[unit]?.last?.time }
    }

    func frames(of unit: UnitID, in range: TimeRange, limit: Int) async throws -> StoredFrames {
        let frames = state.withLock { $0.durable[unit] ?? [] }
        let part = frames[
            CrashingStore.place(of: range.start, in: frames)..<CrashingStore.place(
                of: range.end, in: frames)]
        return StoredFrames(
            columns: FrameColumns(Array(part.prefix(limit))), hasMore: part.count > limit,
            completeUntil: frames.last?.time, damage: [])
    }

    func buckets(_ question: BucketQuestion) async throws -> StoredBuckets {
        try await MemoryHistory([]).buckets(question)
    }

    func meterIntervals(
        of unit: UnitID, in range: TimeRange, limit: Int
    ) async throws -> StoredIntervals {
        try await MemoryHistory([]).meterIntervals(of: unit, in: range, limit: limit)
    }

    /// The first index whose time is at or after `time`.
    private static func place(of time: Timestamp, in frames: [Frame]) -> Int {
        if frames.last.map({ $0.time < time }) ?? true { return frames.count }
        var (low, high) = (0, frames.count)
        while low < high {
            let middle = (low + high) / 2
            if frames[middle].time < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
