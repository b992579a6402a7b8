//  WatchdogTests.swift · PipelineTests

import Monitoring
import Testing

@testable import Pipeline

@Suite struct `The watchdogs of a unit` {
    private func strip(_ change: (inout MonitoringPlan) -> Void = { _ in }) -> RuleStrip {
        RuleStrip([], watchdogs: true, change: change)
    }

    private func feed(_ fault: FeedReport.Fault?, since: Timestamp) -> MonitorInput {
        .feed(JournaledFeed(FeedReport(cadenceMilliseconds: 10_000, fault: fault, since: since)))
    }

    @Test func `miss a meter after three cadences and three attempts, until it is heard`() throws {
        var strip = strip()
        strip.play("60")
        let last = strip.time(0)
        let failing = last.advanced(byMilliseconds: 12_000)
        strip.monitor.apply(feed(.unreachable, since: failing), at: failing, into: &strip.output)
        #expect(
            strip.monitor.nextDeadline(after: failing) == failing.advanced(byMilliseconds: 20_000))
        strip.tick(30)
        #expect(strip.events.isEmpty)
        strip.tick(31)
        let event = try #require(strip.events.first)
        #expect(event.kind == .connectivity)
        #expect(event.firstExceededAt == last)
        #expect(event.onsetAt == failing.advanced(byMilliseconds: 20_000))
        // It says nothing of frames: those that were under way still count.
        #expect(strip.monitor.watermark == last)
        strip.skip(100)
        strip.play("60")
        #expect(strip.events.first?.clearReason == .recovered)
        #expect(strip.events.first?.clearedAt == strip.time(1))
    }

    @Test func `miss a meter that moves where it stands now, as another event`() throws {
        var strip = strip()
        strip.play("60")
        let failing = strip.time(0)
        strip.monitor.apply(feed(.unreachable, since: failing), at: failing, into: &strip.output)
        strip.tick(100)
        strip.replan { $0.location = "yard" }
        strip.tick(200)
        strip.replan { $0.location = nil }
        strip.tick(200)
        #expect(strip.events.map(\.location) == ["gate", "yard", nil])
        #expect(strip.events.map(\.clearReason) == [.unitUnassigned, .unitUnassigned, nil])
        #expect(Set(strip.events.map(\.key)).count == 3)
        #expect(strip.events.allSatisfy { $0.firstExceededAt == failing })
        strip.skip(300)
        strip.play("60")
        #expect(strip.events.last?.clearReason == .recovered)
        strip.monitor.apply(feed(.unreachable, since: strip.time(1)), at: failing, into: &strip.output)
        strip.tick(1000)
        #expect(strip.events.last?.onsetAt == strip.time(1).advanced(byMilliseconds: 30_001))
    }

    @Test(arguments: [.upstreamDown, .neverRead, nil] as [FeedReport.Fault?])
    func `say nothing of a unit while it is not the unit that fails`(fault: FeedReport.Fault?) {
        var strip = strip()
        strip.play("60")
        strip.monitor.apply(feed(fault, since: strip.time(0)), at: strip.time(0), into: &strip.output)
        strip.tick(3600)
        #expect(strip.events.isEmpty)
    }

    @Test func `see a meter that is not measuring for five minutes in the monitoring hours`() {
        let hours = Schedule(startMinute: 12 * 60 + 2, endMinute: 12 * 60 + 20)
        var strip = RuleStrip([], step: 60, watchdogs: true) { $0.monitoringHours = hours }
        strip.play("60 x x x x x x x x 60 60")
        let event = strip.events.first
        #expect(event?.kind == .notMeasuring)
        #expect(event?.firstExceededAt == strip.time(2))
        #expect(event?.onsetAt == strip.time(7))
        #expect(event?.clearedAt == strip.time(9))
        #expect(strip.events.count == 1)
    }

    @Test func `leave a stopped meter alone outside the hours, and without any`() {
        var outside = RuleStrip([], step: 60, watchdogs: true) {
            $0.monitoringHours = Schedule(startMinute: 8 * 60, endMinute: 9 * 60)
        }
        outside.play(String(repeating: "x ", count: 20))
        #expect(outside.events.isEmpty)
        var without = RuleStrip([], step: 60, watchdogs: true)
        without.play(String(repeating: "x ", count: 20))
        #expect(without.events.isEmpty)
    }

    @Test func `close with the hours`() {
        var strip = RuleStrip([], step: 60, watchdogs: true) {
            $0.monitoringHours = Schedule(startMinute: 12 * 60, endMinute: 12 * 60 + 10)
        }
        strip.play(String(repeating: "x ", count: 14))
        #expect(strip.events.map(\.clearReason) == [.windowEnd])
        #expect(strip.events.first?.clearedAt == strip.time(10))
    }

    @Test func `do not believe a level that stays the same for ten minutes`() {
        var strip = RuleStrip([], step: 10, watchdogs: true)
        strip.play("60.1 " + String(repeating: "60 ", count: 70) + "60.1")
        let event = strip.events.first
        #expect(event?.kind == .implausible)
        #expect(event?.firstExceededAt == strip.time(1))
        #expect(event?.onsetAt == strip.time(61))
        #expect(event?.onsetTenths == 600)
        #expect(event?.clearedAt == strip.time(71))
    }

    @Test func `take no hole for a level that stays the same`() {
        var strip = RuleStrip([], step: 10, watchdogs: true)
        strip.play("60 60 . . . . . . . . 60 " + String(repeating: "60 ", count: 55))
        #expect(strip.events.isEmpty)
    }

    @Test func `see an upstream that is down as one event`() throws {
        var watchdog = UpstreamWatchdog(upstream: "north")
        let start = RuleStrip.start
        #expect(watchdog.observe(failingSince: nil, at: start) == nil)
        let later = start.advanced(byMilliseconds: 5000)
        let began = watchdog.observe(failingSince: start, at: later)
        let event = try #require(began)
        #expect(event.kind == .upstreamDown)
        #expect(event.upstream == "north")
        #expect(event.unit == nil)
        #expect(event.isActive)
        #expect(watchdog.observe(failingSince: start, at: later) == nil)
        // After a restart it is still the same one.
        var resumed = UpstreamWatchdog(upstream: "north", event: watchdog.event)
        #expect(resumed.observe(failingSince: start, at: later) == nil)
        let end = later.advanced(byMilliseconds: 60_000)
        let over = resumed.observe(failingSince: nil, at: end)
        let ended = try #require(over)
        #expect(ended.key == event.key)
        #expect(ended.clearedAt == end)
        #expect(ended.clearReason == .recovered)
    }
}
