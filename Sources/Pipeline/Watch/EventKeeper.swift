//  EventKeeper.swift · Pipeline
//
//  From decided to announced, in the order that a crash cannot undo: frames on disk, then journal
//  and events in the registry, then everybody is told. The pipeline never waits for it.
//
//      batch ─▶ waiting (merged) ─▶ flush the store ─▶ record ─▶ tell
//                                        └── fails: told as unsaved, tried again each second

package import Logging
package import Monitoring
import Synchronization

/// Writes what monitors came to, and tells of it.
package final class EventKeeper: Sendable {
    /// Journal entries, and events, that wait for a registry that takes nothing; those beyond are
    /// lost, which is told: then events are as they were decided, and a replay may differ.
    package static let waitingMaximum = 100_000

    fileprivate struct State {
        var waiting = LedgerBatch()
        /// Places in ``waiting`` by event key.
        var places: [String: Int] = [:]
        /// Of open events that are recorded.
        var ids: [String: Int64] = [:]
        var wake: CheckedContinuation<Void, Never>?
        var isClosed = false
        var isWoken = false
        var isFailing = false
        var lost = 0
    }

    private let store: any FrameStore
    private let ledger: any EventLedger
    private let tell: @Sendable ([LiveUpdate]) -> Void
    private let retry: any Clock<Duration>
    private let logger: Logger
    private let state = Mutex(State())

    package init(
        store: any FrameStore, ledger: any EventLedger, retry: any Clock<Duration>,
        logger: Logger, tell: @escaping @Sendable ([LiveUpdate]) -> Void
    ) {
        self.store = store
        self.ledger = ledger
        self.retry = retry
        self.logger = logger
        self.tell = tell
    }

    /// What is wrong with the record of events, and what was, for `/readyz`.
    var warnings: [String] {
        state.withLock { state in
            var warnings: [String] = []
            if state.isFailing {
                warnings.append(
                    "events cannot be recorded, \(state.waiting.events.count) wait: "
                        + "look for what is wrong with the disk or with registry.sqlite")
            }
            if state.lost > 0 {
                warnings.append(
                    "\(state.lost) steps of the journal of alerts were lost while they could not "
                        + "be recorded: a replay of that time may differ")
            }
            return warnings
        }
    }

    /// The id of an open event; `nil` while it is not recorded.
    package func id(of key: String) -> Int64? { state.withLock { $0.ids[key] } }

    /// Takes what recovery came to: recording it again changes nothing, and open events get back
    /// their ids.
    package func resume(_ events: [SoundEvent]) {
        var batch = LedgerBatch()
        batch.events = events
        submit(batch)
    }

    /// Takes a batch whose frames are with the store.
    func submit(_ batch: LedgerBatch) {
        let wake = state.withLock { state in
            state.lost += max(
                0, state.waiting.entries.count + batch.entries.count - EventKeeper.waitingMaximum)
            state.waiting.entries += batch.entries.prefix(
                EventKeeper.waitingMaximum - state.waiting.entries.count)
            for checkpoint in batch.checkpoints {
                state.waiting.checkpoints.removeAll { $0.unit == checkpoint.unit }
                state.waiting.checkpoints.append(checkpoint)
            }
            for event in batch.events { state.add(event) }
            state.isWoken = true
            defer { state.wake = nil }
            return state.wake
        }
        wake?.resume()
    }

    /// Works until closed, and then until nothing waits or the registry fails.
    func run() async {
        while await next() {
            let batch = state.withLock { state in
                defer {
                    state.waiting = LedgerBatch()
                    state.places = [:]
                }
                return state.waiting
            }
            do {
                try await store.flush()
                let ids = try await ledger.record(batch)
                recorded(batch, ids)
            } catch {
                guard putBack(batch, error) else { return }
                try? await retry.sleep(for: .seconds(1))
                if Task.isCancelled { return }
            }
        }
    }

    func close() {
        let wake = state.withLock { state in
            state.isClosed = true
            defer { state.wake = nil }
            return state.wake
        }
        wake?.resume()
    }

    private func next() async -> Bool {
        while true {
            let (isReady, isClosed) = state.withLock { state in
                defer { state.isWoken = false }
                return (state.isWoken || state.waiting.isThere, state.isClosed)
            }
            if isReady { return true }
            if isClosed { return false }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.isWoken || state.isClosed { return true }
                    state.wake = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }

    private func recorded(_ batch: LedgerBatch, _ ids: [Int64]) {
        var updates: [LiveUpdate] = []
        let hadFailed = state.withLock { state in
            for (var event, id) in zip(batch.events, ids) {
                event.id = id
                event.isSaved = true
                state.ids[event.key] = event.isActive ? id : nil
                updates.append(.event(event))
            }
            defer { state.isFailing = false }
            return state.isFailing
        }
        if hadFailed { logger.notice("events can be recorded again") }
        tell(updates)
    }

    /// - Returns: false when there is no time for another try.
    private func putBack(_ batch: LedgerBatch, _ error: any Error) -> Bool {
        let (isFirst, isClosed) = state.withLock { state in
            let newer = state.waiting
            state.waiting = batch
            state.places = Dictionary(
                uniqueKeysWithValues: batch.events.enumerated().map { ($1.key, $0) })
            let room = max(0, EventKeeper.waitingMaximum - batch.entries.count)
            state.lost += max(0, newer.entries.count - room)
            state.waiting.entries += newer.entries.prefix(room)
            for event in newer.events { state.add(event) }
            let units = Set(newer.checkpoints.map(\.unit))
            state.waiting.checkpoints.removeAll { units.contains($0.unit) }
            state.waiting.checkpoints += newer.checkpoints
            defer { state.isFailing = true }
            return (!state.isFailing, state.isClosed)
        }
        if isFirst {
            logger.error("events cannot be recorded", metadata: ["reason": "\(error)"])
            tell(batch.events.map(LiveUpdate.event))
        }
        return !isClosed
    }
}

extension EventKeeper.State {
    /// An event of a key that waits takes its place.
    fileprivate mutating func add(_ event: SoundEvent) {
        if let place = places[event.key] {
            waiting.events[place] = event
        } else if waiting.events.count < EventKeeper.waitingMaximum {
            places[event.key] = waiting.events.count
            waiting.events.append(event)
        } else {
            lost += 1
        }
    }
}

extension LedgerBatch {
    fileprivate var isThere: Bool { !entries.isEmpty || !events.isEmpty || !checkpoints.isEmpty }
}
