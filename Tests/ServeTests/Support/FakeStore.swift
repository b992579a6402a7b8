//  FakeStore.swift · ServeTests
//
//  A store in memory that takes imports as the real one promises: all or nothing, the first write
//  wins. What it has taken is its history.

import Monitoring
import Support
import Synchronization

@testable import Serve

/// Frames by unit and time.
final class FakeStore: FrameImporter, FrameDeletion, LevelHistory {
    private struct State {
        var frames: [UnitID: [Int64: Frame]] = [:]
        var addedCounts: [Int] = []
        var cancelled = 0
        var failure: StoreError?
        var deletionFailure: DeletionError?
    }

    private let state: Mutex<State>
    let times: TimeRange
    /// `add`, `finish` and `cancel`, as they happen.
    let happenings = Happenings<String>()

    init(
        _ frames: [Frame] = [], from: Timestamp = "2020-01-01T00:00:00Z",
        to: Timestamp = "2030-01-01T00:00:00Z"
    ) {
        times = TimeRange(start: from, end: to)!
        var state = State()
        for frame in frames { state.frames[frame.unit, default: [:]][frame.time.milliseconds] = frame }
        self.state = Mutex(state)
    }

    /// What each call of `add` brought.
    var addedCounts: [Int] { state.withLock { $0.addedCounts } }
    var cancelledCount: Int { state.withLock { $0.cancelled } }
    func fail(_ error: StoreError?) { state.withLock { $0.failure = error } }
    func fail(_ error: DeletionError) { state.withLock { $0.deletionFailure = error } }

    func frames(of unit: UnitID) -> [Frame] {
        state.withLock { $0.frames[unit] ?? [:] }.sorted { $0.key < $1.key }.map(\.value)
    }

    func beginImport() async throws(StoreError) -> any FrameImport { FakeImport(store: self) }

    private final class FakeImport: FrameImport {
        private let store: FakeStore
        private let added = Mutex<[Frame]>([])
        init(store: FakeStore) { self.store = store }
        var times: TimeRange { store.times }

        func add(_ frames: FrameColumns, of unit: UnitID) async throws(StoreError) {
            precondition(frames.times == frames.times.sorted() && !frames.isEmpty)
            precondition(Set(frames.times).count == frames.count)
            precondition(
                frames.times.allSatisfy { times.contains(Timestamp(milliseconds: $0)) })
            if let failure = store.state.withLock({ $0.failure }) { throw failure }
            store.state.withLock { $0.addedCounts.append(frames.count) }
            added.withLock { $0 += frames.frames(of: unit) }
            store.happenings.add("add")
        }

        func finish() async throws(StoreError) -> AppendSummary {
            if let failure = store.state.withLock({ $0.failure }) { throw failure }
            defer { store.happenings.add("finish") }
            return store.take(added.withLock { $0 })
        }

        func cancel() async {
            store.state.withLock { $0.cancelled += 1 }
            store.happenings.add("cancel")
        }
    }

    private func take(_ frames: [Frame]) -> AppendSummary {
        state.withLock { state in
            var summary = AppendSummary()
            for frame in frames {
                guard let stored = state.frames[frame.unit]?[frame.time.milliseconds] else {
                    state.frames[frame.unit, default: [:]][frame.time.milliseconds] = frame
                    summary.accepted += 1
                    continue
                }
                let isSame =
                    stored.levels == frame.levels
                    && stored.state.from(.live) == frame.state.from(.live)
                if isSame {
                    summary.duplicates += 1
                } else {
                    summary.conflictsByUnit[frame.unit, default: 0] += 1
                }
            }
            return summary
        }
    }

    func deleteFrames(
        of unit: UnitID, in range: TimeRange
    ) async throws(DeletionError) -> Bool {
        if let failure = state.withLock({ $0.deletionFailure }) { throw failure }
        if let failure = state.withLock({ $0.failure }) { throw .store(failure) }
        return state.withLock { state in
            guard let frames = state.frames[unit] else { return false }
            state.frames[unit] = frames.filter { !range.contains($0.value.time) }
            return true
        }
    }

    // MARK: - History

    func completeUntil(_ unit: UnitID) -> Timestamp? { frames(of: unit).last?.time }

    func frames(of unit: UnitID, in range: TimeRange, limit: Int) async throws -> StoredFrames {
        let all = frames(of: unit).filter { range.contains($0.time) }
        return StoredFrames(
            columns: FrameColumns(Array(all.prefix(limit))), hasMore: all.count > limit,
            completeUntil: completeUntil(unit), damage: [])
    }

    func buckets(_ question: BucketQuestion) async throws -> StoredBuckets {
        StoredBuckets(
            buckets: LevelBuckets(edges: question.edges, range: question.range), source: .raw,
            completeUntil: nil, damage: [])
    }

    func meterIntervals(
        of unit: UnitID, in range: TimeRange, limit: Int
    ) async throws -> StoredIntervals {
        StoredIntervals(intervals: [], hasMore: false, completeUntil: nil, damage: [])
    }
}
