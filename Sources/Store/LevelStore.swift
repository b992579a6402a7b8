//  LevelStore.swift · Store
//
//  The shell around the engine: one task at a time on a thread of its own, so that a slow disk
//  holds up nobody but the writer.

package import Logging
package import Monitoring
import ServiceLifecycle

/// The store as the rest of the program sees it.
package actor LevelStore: FrameStore, FrameImporter, FrameDeletion, StoreHealth, Service {
    private let engine: StoreEngine
    private let clock: any WallClock
    private let logger: Logger
    private let executor: QueueExecutor
    private let view: StoreView
    private let configuration: StoreConfiguration
    private let lock: StoreLock
    private var isStopped = false
    private var lastSeal: ContinuousClock.Instant = .now
    private var lastMaintenance: ContinuousClock.Instant?
    private var lastLook: ContinuousClock.Instant?
    private var commitPause = RetryPause<ContinuousClock.Instant>(
        from: .milliseconds(250), to: .seconds(10))
    private var sealPause = RetryPause<ContinuousClock.Instant>(from: .seconds(10), to: .seconds(300))
    private var failures = Failures()
    private let scrubber: Scrubber

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// For readers; needs no waiting for the writer.
    package nonisolated var history: SegmentHistory { SegmentHistory(view: view) }

    /// Opens the store in `folder`, recovering what a crash left.
    ///
    /// - Throws: ``StoreLock/Failure`` when another process has it; ``NewerFormat`` when a later
    ///   version wrote it; ``DiskError`` when the folder cannot be used.
    package init(
        folder: String, configuration: StoreConfiguration, clock: any WallClock, logger: Logger
    ) throws {
        let disk = try SystemDisk(root: folder)
        lock = try StoreLock(path: folder + "/LOCK")
        engine = try StoreEngine.open(disk: disk, configuration: configuration) {
            UInt64.random(in: .min ... .max)
        }
        view = engine.view
        executor = QueueExecutor(label: "earshot.store")
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        scrubber = Scrubber(
            view: view, disk: disk, clock: clock, start: .random(in: 0..<1), logger: logger)
        for damage in damage() {
            logger.error(
                "store damage", metadata: ["file": "\(damage.file)", "detail": "\(damage.detail)"])
        }
    }

    package func append(_ frames: [Frame]) async throws(StoreError) -> AppendSummary {
        guard !isStopped else { throw .stopped }
        do {
            return try engine.append(frames, now: clock.now)
        } catch {
            return engine.lose(frames)
        }
    }

    package func flush() async throws(StoreError) {
        do {
            try commit()
        } catch {
            throw error.kind == .full ? .full : .failed(error.description)
        }
    }

    /// Stores frames of past days at once. See ``StoreEngine/importFrames(_:)``.
    package func importFrames(_ imports: [UnitID: FrameColumns]) async throws -> AppendSummary {
        try engine.importFrames(imports)
    }

    /// What an import begins with.
    struct ImportStart: Sendable {
        let view: StoreView
        let disk: any Disk
        /// No other import has it.
        let number: UInt64
        let times: TimeRange
        let lsnMaximum: UInt64
        let bufferedMaximum: Int
    }

    package func beginImport() async throws(StoreError) -> any FrameImport {
        guard !isStopped else { throw .stopped }
        return ImportSession(store: self, start: engine.startImport(now: clock.now))
    }

    /// See ``StoreEngine/publish(_:newest:accepted:)``.
    func publish(_ written: [Segment], newest: [UnitRef: Int64], accepted: Int) async throws {
        guard !isStopped else { throw StoreError.stopped }
        try engine.publish(written, newest: newest, accepted: accepted)
    }

    /// Stores a few imported frames as any others, durable on return.
    func importThroughLog(_ days: [ImportedDay]) async throws(StoreError) -> AppendSummary {
        var summary = AppendSummary()
        for day in days {
            for unit in day.units.values {
                for part in unit.parts {
                    let frames = (0..<part.count).map { part.frame(at: $0, of: unit.name) }
                    summary += try await append(frames)
                }
            }
        }
        try await flush()
        return summary
    }

    /// Deletes stored frames. See ``StoreEngine/deleteFrames(of:in:)``.
    package func deleteFrames(
        of unit: UnitID, in range: TimeRange
    ) async throws(DeletionError) -> Bool {
        guard !isStopped else { throw .store(.stopped) }
        do {
            return try engine.deleteFrames(of: unit, in: range)
        } catch {
            throw error as? DeletionError ?? .store(StoreError(error))
        }
    }

    /// Commits at each interval, seals, compacts, scrubs, until the task is cancelled or the service
    /// group shuts down; commits once more then.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.keepWriting() }
                group.addTask { await self.scrubber.run() }
            }
        }
        stop()
    }

    private func keepWriting() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: configuration.commitInterval)
            work()
        }
    }

    private func commit() throws(DiskError) {
        let isNeeded = engine.waitingCount > 0
        let began = ContinuousClock.now
        try engine.commit()
        guard isNeeded else { return }
        let took = began.duration(to: .now)
        view.withState { $0.numbers.lastCommit = took }
    }

    private func stop() {
        isStopped = true
        attempt("commit") { try commit() }
    }

    private func work() {
        let now = ContinuousClock.now
        if commitPause.isOver(at: now) {
            let failed = !attempt("commit") { try commit() }
            commitPause.note(failed: failed, at: .now)
        }
        if lastLook.map({ $0.duration(to: now) >= .seconds(1) }) ?? true { lookAtRoom() }
        guard commitPause.isOver(at: now), sealPause.isOver(at: now) else { return }
        if engine.isSealDue || lastSeal.duration(to: now) >= configuration.sealInterval {
            let failed = !attempt("seal") { try engine.seal() }
            sealPause.note(failed: failed, at: .now)
            lastSeal = .now
        }
        // Not with seals only: imports leave segments of the past behind, each with an open file.
        maintain()
    }

    private func lookAtRoom() {
        lastLook = .now
        attempt("mind the room on the disk") {
            guard let day = try engine.mindRoom(now: clock.now) else { return }
            logger.warning(
                "raw frames of the oldest day went: the disk is short of room",
                metadata: ["from": "\(day.start)", "to": "\(day.end)"])
        }
    }

    private func maintain() {
        if let lastMaintenance, lastMaintenance.duration(to: .now) < .seconds(60) { return }
        lastMaintenance = .now
        let now = clock.now
        attempt("compact") {
            let merged = try engine.compact(now: now)
            if merged > 0 { logger.info("compacted", metadata: ["segments": "\(merged)"]) }
        }
        attempt("delete old segments") { _ = try engine.retire(now: now) }
    }

    /// - Returns: whether `body` succeeded. Failures are told once when they begin and once when
    ///   they end.
    @discardableResult
    private func attempt(_ what: String, _ body: () throws -> Void) -> Bool {
        var failure: (any Error)?
        do { try body() } catch { failure = error }
        switch failures.note(what, failed: failure != nil) {
        case .began:
            logger.error(
                "store cannot \(what)", metadata: ["reason": "\(failure.map { "\($0)" } ?? "")"])
        case .ended: logger.notice("store can \(what) again")
        case nil: break
        }
        return failure == nil
    }

    package nonisolated func reasons() -> [String] { view.withState { $0.reasons } }
    package nonisolated func warnings() -> [String] { view.withState { $0.warnings } }
    package nonisolated func damage() -> [Damage] { view.withState { $0.damage } }
    package nonisolated func statistics() -> StoreStatistics { view.withState { $0.statistics } }
}
