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
        var waiting = MonitorSet.Batch()
        /// Places in ``waiting`` by event key, and by unit.
        var places: [String: Int] = [:]
        var snapshotPlaces: [UnitID: Int] = [:]
        /// Of open events that are recorded.
        var ids: [String: Int64] = [:]
        /// Events as they were told while they could not be recorded.
        var told: [String: SoundEvent] = [:]
        var wake: CheckedContinuation<Void, Never>?
        var isClosed = false
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

    /// Takes events that no monitor brings: of upstreams, and what recovery came to, which changes
    /// nothing when it is recorded again and gives open events back their ids.
    package func submit(_ events: [SoundEvent]) {
        var batch = MonitorSet.Batch()
        batch.events = events
        submit(batch)
    }

    /// Takes a batch whose frames are with the store.
    func submit(_ batch: MonitorSet.Batch) {
        let wake = state.withLock { state in
            state.add(batch)
            defer { state.wake = nil }
            return state.wake
        }
        wake?.resume()
    }

    /// Works until closed, and then until nothing waits or the registry fails.
    func run() async {
        while await next() {
            let batch = state.withLock { $0.take() }
            do {
                try await store.flush()
                recorded(batch, try await ledger.record(batch.ledger))
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

    /// Waits until there is something to record; false when closed and there is nothing.
    private func next() async -> Bool {
        while true {
            let (isReady, isClosed) = state.withLock { (!$0.waiting.isEmpty, $0.isClosed) }
            if isReady { return true }
            if isClosed { return false }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if !state.waiting.isEmpty || state.isClosed { return true }
                    state.wake = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }

    private func recorded(_ batch: MonitorSet.Batch, _ ids: [Int64]) {
        var updates: [LiveUpdate] = []
        let hadFailed = state.withLock { state in
            for (var event, id) in zip(batch.events, ids) {
                event.id = id
                event.isSaved = true
                state.ids[event.key] = event.isActive ? id : nil
                updates.append(.event(event))
            }
            state.told = [:]
            defer { state.isFailing = false }
            return state.isFailing
        }
        if hadFailed { logger.notice("events can be recorded again") }
        tell(updates)
    }

    /// What waits is told as it is, each change once.
    /// - Returns: false when there is no time for another try.
    private func putBack(_ batch: MonitorSet.Batch, _ error: any Error) -> Bool {
        let (isFirst, isClosed, news) = state.withLock { state in
            let newer = state.take()
            state.add(batch)
            state.add(newer)
            let news = state.waiting.events.filter { state.told[$0.key] != $0 }
            for event in news { state.told[event.key] = event }
            let identified = news.map { event in
                var event = event
                event.id = state.ids[event.key] ?? 0
                return event
            }
            defer { state.isFailing = true }
            return (!state.isFailing, state.isClosed, identified)
        }
        if isFirst { logger.error("events cannot be recorded", metadata: ["reason": "\(error)"]) }
        if !news.isEmpty { tell(news.map(LiveUpdate.event)) }
        return !isClosed
    }
}

extension EventKeeper.State {
    fileprivate mutating func take() -> MonitorSet.Batch {
        defer {
            waiting = MonitorSet.Batch()
            places = [:]
            snapshotPlaces = [:]
        }
        return waiting
    }

    fileprivate mutating func add(_ batch: MonitorSet.Batch) {
        let room = max(0, EventKeeper.waitingMaximum - waiting.entries.count)
        lost += max(0, batch.entries.count - room)
        waiting.entries += batch.entries.prefix(room)
        for event in batch.events { add(event) }
        for snapshot in batch.snapshots {
            let unit = snapshot.monitor.plan.unit
            if let place = snapshotPlaces[unit] {
                waiting.snapshots[place] = snapshot
            } else {
                snapshotPlaces[unit] = waiting.snapshots.count
                waiting.snapshots.append(snapshot)
            }
        }
    }

    /// An event of a key that waits takes its place.
    private mutating func add(_ event: SoundEvent) {
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
