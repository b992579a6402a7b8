//  EventWatchTests.swift · PipelineTests
//
//  The pipeline with its watch: from a reading to an event on disk, and who is told.

import Logging
import Monitoring
import Support
import Synchronization
import Testing

@testable import Pipeline

@Suite struct `The watch in the pipeline` {
    private static let loud = RuleStrip.rule(55, cooldown: 0)

    @Test func `judges what the store took, records it, and then tells`() async throws {
        let desk = try await WatchDesk(rules: [Self.loud])
        let told = desk.hub.updates()
        desk.beat()
        await desk.pipeline.take([.frame(Samples.frame(second: 100))])
        try await desk.finish()
        let event = try #require(desk.ledger.events.first)
        #expect(desk.ledger.events.count == 1)
        #expect(event.onsetAt == Samples.frame(second: 100).time)
        #expect(desk.store.completeUntil(Samples.unit) == event.onsetAt)
        var seen: [Bool] = []
        for await batch in told {
            for case .event(let event) in batch { seen.append(event.isSaved && event.id != 0) }
        }
        // Perhaps once more, as a running one.
        #expect(!seen.isEmpty && !seen.contains(false))
        #expect(desk.watch.openEvents().map(\.id) == [event.id])
        #expect(desk.pipeline.warnings() == [])
    }

    @Test func `judges nothing that the store does not take`() async throws {
        let desk = try await WatchDesk(rules: [Self.loud])
        desk.beat()
        desk.store.stop()
        await desk.pipeline.take([.frame(Samples.frame(second: 100))])
        try await desk.finish()
        #expect(desk.ledger.events.isEmpty)
        #expect(desk.watch.openEvents().isEmpty)
    }

    @Test func `says which units have to be read at full rate, when rules come and go`() async throws {
        let desk = try await WatchDesk(rules: [Self.loud])
        desk.beat()
        #expect(desk.needs == [[Samples.unit]])
        desk.book.set([])
        desk.beat()
        desk.beat()
        #expect(desk.needs == [[Samples.unit], []])
    }

    @Test func `goes on after a restart with what was open, and closes what nobody knows`() async throws {
        let desk = try await WatchDesk(rules: [Self.loud])
        desk.beat()
        await desk.pipeline.take([.frame(Samples.frame(second: 100))])
        try await desk.finish()
        var orphan = try #require(desk.ledger.events.first)
        orphan.rule!.id = "gone"
        orphan.lastExceededAt = Samples.frame(second: 90).time
        var batch = LedgerBatch()
        batch.events = [orphan]
        _ = try await desk.ledger.record(batch)
        let recovery = try await MonitorRecovery(
            ledger: desk.ledger, history: desk.store, now: Samples.now)
        #expect(recovery.monitors.first?.monitor.openEvents.count == 1)
        let closed = recovery.events.filter { !$0.isActive }
        #expect(closed.map(\.rule?.id) == ["gone"])
        #expect(closed.map(\.clearReason) == [.noData])
        #expect(closed.map(\.closedAt) == [Samples.now])
        #expect(recovery.events.filter(\.isActive).map(\.rule?.id) == [Self.loud.id])
        #expect(recovery.upstreamEvents.isEmpty)
    }

    /// The upstream's clock is two days behind: what has passed is told by how far they were apart.
    @Test func `takes no restart for silence`() throws {
        var plan = MonitoringPlan(unit: Samples.unit, rules: [Self.loud])
        plan.noDataMilliseconds = 900_000
        var monitor = UnitMonitor(plan: plan)
        var output = RuleOutput()
        monitor.take(Samples.frame(second: 100), into: &output)
        #expect(monitor.openEvents.count == 1)
        let now = Samples.frame(second: 100).time.advanced(byMilliseconds: 172_800_000)
        for (offset, later, isOpen) in [
            (nil, 60_000, true), (172_790_000, 60_000, true), (172_790_000, 1_200_000, false),
            (171_000_000, 60_000, false),
        ] as [(Int64?, Int64, Bool)] {
            var monitors = MonitorSet(
                resumed: [
                    MonitorSnapshot(
                        monitor: monitor, journalNumber: 1, offsetMilliseconds: offset)
                ],
                lastNumber: 1, at: MonitorSet.Moment(now: now, uptime: 5))
            _ = monitors.tick(
                at: MonitorSet.Moment(now: now.advanced(byMilliseconds: later), uptime: 5 + later))
            #expect(monitors.openEvents.isEmpty != isOpen, "\(offset ?? 0) \(later)")
        }
    }
}

/// A pipeline with a watch, over a store and a ledger in memory. Time stands still.
private final class WatchDesk: Sendable {
    let store = CrashingStore()
    let ledger = MemoryLedger()
    let hub = LiveHub()
    let book: RuleList
    let clock = ManualClock(start: Samples.now)
    let watch: EventWatch
    let pipeline: FramePipeline
    private let asked: Asked

    /// What was asked for, in order.
    final class Asked: Sendable {
        let units = Mutex<[Set<UnitID>]>([])
    }

    init(rules: [AlertRule]) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let (hub, asked, book) = (hub, Asked(), RuleList(rules))
        (self.asked, self.book) = (asked, book)
        let keeper = EventKeeper(
            store: store, ledger: ledger, retry: clock, logger: logger,
            tell: { hub.publish($0) })
        watch = EventWatch(
            try await MonitorRecovery(ledger: ledger, history: store, now: Samples.now),
            rules: book, keeper: keeper, clock: clock, pace: clock, uptime: { 0 }, logger: logger,
            newest: { _ in nil }, needs: { units in asked.units.withLock { $0.append(units) } },
            tell: { hub.publish($0) })
        pipeline = FramePipeline(
            store: store, hub: hub, watermarks: [], watch: watch, clock: clock, retry: clock,
            logger: logger)
    }

    var needs: [Set<UnitID>] { asked.units.withLock { $0 } }

    /// A second goes by.
    func beat() { _ = watch.beat(with: book.plans) }

    /// Works off what was taken, and ends.
    func finish() async throws {
        pipeline.drain()
        try await pipeline.run()
    }
}

/// The rules of one unit that is assigned nowhere.
private final class RuleList: RuleBook {
    private let rules: Mutex<[AlertRule]>
    init(_ rules: [AlertRule]) { self.rules = Mutex(rules) }

    func set(_ rules: [AlertRule]) { self.rules.withLock { $0 = rules } }
    var plans: [MonitoringPlan] {
        [MonitoringPlan(unit: Samples.unit, rules: rules.withLock { $0 })]
    }

    func rules(of site: AlertRule.Site) async throws -> [AlertRule] { rules.withLock { $0 } }
    func rule(_ id: String) async throws -> AlertRule? { nil }
    func add(_ rule: AlertRule) async throws -> AlertRule { rule }
    func replace(_ rule: AlertRule, over version: Int) async throws -> AlertRule { rule }
    func delete(rule id: String) async throws -> Bool { false }
    func plans(at now: Timestamp) async throws -> [MonitoringPlan] { plans }
    func unreadableRules() async throws -> [String] { [] }
}
