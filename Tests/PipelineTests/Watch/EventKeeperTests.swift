//  EventKeeperTests.swift · PipelineTests

import Logging
import Monitoring
import Support
import Synchronization
import Testing

@testable import Pipeline

@Suite struct `The event keeper` {
    @Test func `flushes, then records, then tells`() async throws {
        let desk = Desk()
        desk.keeper.submit(batch([event("a")]))
        desk.keeper.close()
        await desk.keeper.run()
        #expect(desk.steps == ["flush", "record a", "tell a saved 1"])
        #expect(desk.keeper.id(of: event("a").key) == 1)
        #expect(desk.keeper.warnings == [])
    }

    @Test func `tells once what is not recorded, tries each second, and tells that it is`() async {
        let desk = Desk(failures: 3)
        desk.keeper.submit(batch([event("a")]))
        async let work: Void = desk.keeper.run()
        await desk.clock.sleepers()
        #expect(desk.steps == ["flush", "refuse", "tell a unsaved 0"])
        #expect(desk.keeper.warnings.count == 1)
        #expect(desk.keeper.warnings[0].hasPrefix("events cannot be recorded, 1 wait: look for"))
        #expect(desk.keeper.id(of: event("a").key) == nil)
        for _ in 0..<2 {
            desk.clock.advance(by: .seconds(1))
            await desk.clock.sleepers()
        }
        desk.clock.advance(by: .milliseconds(999))
        #expect(desk.clock.sleeperCount == 1)
        desk.clock.advance(by: .milliseconds(1))
        await desk.told(2)
        desk.keeper.close()
        await work
        let again = ["flush", "refuse"]
        #expect(
            desk.steps == again + ["tell a unsaved 0"] + again + again
                + ["flush", "record a", "tell a saved 1"])
        #expect(desk.keeper.warnings == [])
    }

    @Test func `tells what begins or ends during a failure, each change once, by its id`() async {
        let desk = Desk()
        desk.keeper.submit(batch([event("a")]))
        async let work: Void = desk.keeper.run()
        await desk.told(1)
        desk.ledger.fail(times: 3)
        desk.keeper.submit(batch([event("b")]))
        await desk.clock.sleepers()
        desk.keeper.submit(batch([event("a", isEnded: true)]))
        for _ in 0..<2 {
            desk.clock.advance(by: .seconds(1))
            await desk.clock.sleepers()
        }
        desk.clock.advance(by: .seconds(1))
        await desk.told(4)
        desk.keeper.close()
        await work
        #expect(
            desk.steps.filter { $0.hasPrefix("tell") } == [
                "tell a saved 1", "tell b unsaved 0", "tell a. unsaved 1",
                "tell b saved 2, a. saved 1",
            ])
    }

    @Test func `records nothing whose frames cannot be flushed`() async {
        let desk = Desk(flushFailures: 1)
        desk.keeper.submit(batch([event("a")]))
        async let work: Void = desk.keeper.run()
        await desk.clock.sleepers()
        #expect(desk.steps == ["no flush", "tell a unsaved 0"])
        desk.clock.advance(by: .seconds(1))
        await desk.told(2)
        desk.keeper.close()
        await work
        #expect(desk.steps.suffix(3) == ["flush", "record a", "tell a saved 1"])
    }

    @Test func `records an event that changed while it waited as it is now, once`() async {
        let desk = Desk()
        desk.keeper.submit(batch([event("a"), event("b")]))
        desk.keeper.submit(batch([event("a", isEnded: true)]))
        desk.keeper.close()
        await desk.keeper.run()
        #expect(desk.steps == ["flush", "record a. b", "tell a. saved 1, b saved 2"])
        #expect(desk.keeper.id(of: event("a").key) == nil)
        #expect(desk.keeper.id(of: event("b").key) == 2)
    }

    @Test func `lets what changed during a failure take the place of what waits`() async {
        let desk = Desk(failures: 1)
        let first = snapshot(1)
        desk.keeper.submit(batch([event("a"), event("b")], snapshots: [first], entries: 1...2))
        desk.ledger.during = { [keeper = desk.keeper] in
            keeper.submit(
                batch(
                    [event("b", isEnded: true), event("c")], snapshots: [snapshot(3)],
                    entries: 3...3))
        }
        async let work: Void = desk.keeper.run()
        await desk.clock.sleepers()
        desk.clock.advance(by: .seconds(1))
        await desk.told(2)
        desk.keeper.close()
        await work
        #expect(desk.steps.suffix(2) == ["record a b. c", "tell a saved 1, b. saved 2, c saved 3"])
        #expect(desk.ledger.entries == [1, 2, 3])
        #expect(desk.ledger.checkpoints == [3])
    }

    @Test func `keeps the newest checkpoint of each unit`() async {
        let desk = Desk()
        for number in 1...3 as ClosedRange<Int64> {
            desk.keeper.submit(batch([], snapshots: [snapshot(number), snapshot(9, of: "other")]))
        }
        desk.keeper.close()
        await desk.keeper.run()
        #expect(desk.ledger.checkpoints == [3, 9])
    }

    @Test func `loses what is beyond its bound, and says so`() async {
        let desk = Desk(failures: 1)
        let maximum = EventKeeper.waitingMaximum
        desk.keeper.submit(batch([], entries: 1...Int64(maximum) - 1))
        desk.keeper.submit(batch([], entries: 1...3))
        desk.keeper.submit(batch((0..<maximum + 4).map { event("\($0)") }))
        // One that waits is no more.
        desk.keeper.submit(batch([event("7", isEnded: true)]))
        desk.keeper.close()
        await desk.keeper.run()
        #expect(desk.keeper.warnings[0].contains("100000 wait"))
        #expect(desk.keeper.warnings[1].hasPrefix("6 steps of the journal of alerts were lost"))
    }

    @Test func `counts as lost, too, what came while a full batch was refused`() async {
        let desk = Desk(failures: 1)
        desk.keeper.submit(batch([], entries: 1...Int64(EventKeeper.waitingMaximum) - 1))
        desk.ledger.during = { [keeper = desk.keeper] in
            keeper.submit(batch([], entries: 1...3))
            keeper.close()
        }
        await desk.keeper.run()
        #expect(desk.keeper.warnings.last?.hasPrefix("2 steps of the journal") == true)
    }

    @Test func `finishes what waits when it closes, and does not wait for a registry that fails`() async {
        let desk = Desk(failures: .max)
        async let work: Void = desk.keeper.run()
        desk.keeper.submit(batch([event("a")]))
        desk.keeper.close()
        await work
        #expect(desk.clock.sleeperCount == 0)
        #expect(desk.steps.last == "tell a unsaved 0")
    }

    @Test func `gets back the ids of what was open`() async {
        let desk = Desk()
        desk.keeper.submit([event("a")])
        desk.keeper.close()
        await desk.keeper.run()
        #expect(desk.keeper.id(of: event("a").key) == 1)
    }
}

/// An event of the upstream `name`.
private func event(_ name: String, isEnded: Bool = false) -> SoundEvent {
    var event = SoundEvent(
        kind: .upstreamDown, unit: nil, upstream: name, firstExceededAt: Samples.now,
        onsetAt: Samples.now)
    if isEnded { event.end(.recovered, at: Samples.now, decidedAt: Samples.now) }
    return event
}

private func snapshot(_ number: Int64, of unit: String = "NL43-0001") -> MonitorSnapshot {
    MonitorSnapshot(
        monitor: UnitMonitor(plan: MonitoringPlan(unit: UnitID(unit)!)), journalNumber: number)
}

private func batch(
    _ events: [SoundEvent], snapshots: [MonitorSnapshot] = [],
    entries: ClosedRange<Int64>? = nil
) -> MonitorSet.Batch {
    var batch = MonitorSet.Batch()
    batch.events = events
    batch.snapshots = snapshots
    batch.entries = entries?.map {
        JournalEntry(
            number: $0, unit: Samples.unit, watermark: nil, at: Samples.now, input: .clockStep)
    } ?? []
    return batch
}

/// A keeper between a store, a registry and listeners that write down what is asked of them.
private struct Desk {
    let clock = ManualClock()
    let ledger: ListLedger
    let keeper: EventKeeper
    private let list: List

    init(failures: Int = 0, flushFailures: Int = 0) {
        let list = List()
        self.list = list
        ledger = ListLedger(list: list, failures: failures)
        keeper = EventKeeper(
            store: ListStore(list: list, failures: flushFailures), ledger: ledger, retry: clock,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        ) { updates in
            list.tell(
                updates.compactMap { update in
                    guard case .event(let event) = update else { return nil }
                    return "\(event.mark) \(event.isSaved ? "saved" : "unsaved") \(event.id)"
                }.joined(separator: ", "))
        }
    }

    var steps: [String] { list.steps }
    /// Waits until `count` batches were told.
    func told(_ count: Int) async { await list.told(count) }
}

extension SoundEvent {
    /// Its name; with a full stop once it ended.
    fileprivate var mark: String { upstream! + (isActive ? "" : ".") }
}

private final class List: Sendable {
    private struct State {
        var steps: [String] = []
        var told = 0
        var waiting: (count: Int, continuation: CheckedContinuation<Void, Never>)?
    }
    private let state = Mutex(State())

    var steps: [String] { state.withLock { $0.steps } }
    func add(_ step: String) { state.withLock { $0.steps.append(step) } }

    func tell(_ text: String) {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.steps.append("tell \(text)")
            state.told += 1
            guard let waiting = state.waiting, waiting.count <= state.told else { return nil }
            state.waiting = nil
            return waiting.continuation
        }
        waiting?.resume()
    }

    func told(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isTold = state.withLock { state in
                if state.told >= count { return true }
                state.waiting = (count, continuation)
                return false
            }
            if isTold { continuation.resume() }
        }
    }
}

private final class ListStore: FrameStore {
    private let list: List
    private let failures: Mutex<Int>
    init(list: List, failures: Int) {
        self.list = list
        self.failures = Mutex(failures)
    }

    func append(_ frames: [Frame]) async throws(StoreError) -> AppendSummary { AppendSummary() }

    func flush() async throws(StoreError) {
        let fails = failures.withLock { failures in
            defer { failures = max(0, failures - 1) }
            return failures > 0
        }
        list.add(fails ? "no flush" : "flush")
        if fails { throw .full }
    }
}

private final class ListLedger: EventLedger {
    private struct State {
        var failures: Int
        var ids: [String: Int64] = [:]
        var entries: [Int64] = []
        var checkpoints: [Int64] = []
        var during: (@Sendable () -> Void)?
    }
    private let list: List
    private let state: Mutex<State>

    init(list: List, failures: Int) {
        self.list = list
        state = Mutex(State(failures: failures))
    }

    func fail(times: Int) { state.withLock { $0.failures = times } }

    var entries: [Int64] { state.withLock { $0.entries } }
    var checkpoints: [Int64] { state.withLock { $0.checkpoints } }
    /// Done once while a batch is being recorded.
    var during: (@Sendable () -> Void)? {
        get { state.withLock { $0.during } }
        set { state.withLock { $0.during = newValue } }
    }

    func record(_ batch: LedgerBatch) async throws -> [Int64] {
        let during = state.withLock { state in
            defer { state.during = nil }
            return state.during
        }
        during?()
        return try state.withLock { state in
            if state.failures > 0 {
                state.failures -= 1
                list.add("refuse")
                throw StoreError.full
            }
            list.add("record \(batch.events.map(\.mark).joined(separator: " "))")
            state.entries += batch.entries.map(\.number)
            state.checkpoints += batch.checkpoints.map(\.journalNumber)
            return batch.events.map { event in
                let id = state.ids[event.key] ?? Int64(state.ids.count + 1)
                state.ids[event.key] = id
                return id
            }
        }
    }

    func checkpoints() async throws -> [MonitorCheckpoint] { [] }
    func journal(of unit: UnitID, after number: Int64) async throws -> [JournalEntry] { [] }
    func lastJournalNumber() async throws -> Int64 { 0 }
    func openEvents() async throws -> [SoundEvent] { [] }
    func recordedEvents(of unit: UnitID, in range: TimeRange) async throws -> [SoundEvent] { [] }
}
