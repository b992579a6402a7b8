//  PlanChangeTests.swift · PipelineTests

import Monitoring
import Testing

@testable import Pipeline

extension RuleStrip {
    /// What is configured changes now.
    mutating func replan(_ change: (inout MonitoringPlan) -> Void) {
        var plan = monitor.plan
        change(&plan)
        monitor.apply(.plan(plan), at: RuleStrip.decided, into: &output)
    }

    static let decided = Timestamp(rfc3339: "2030-01-01T00:00:00Z")!
}

/// In which state a rule is when its plan changes: threshold 70, duration 2 s.
enum RuleState: String, CaseIterable, Sendable {
    case idle = "60 60 60"
    case pending = "60 71 71"
    case active = "71 71 71"
    case clearing = "71 71 71 60 60"
}

@Suite struct `A change of what is configured` {
    static func strip(_ state: RuleState) -> RuleStrip {
        var strip = RuleStrip([RuleStrip.rule(duration: 2)])
        strip.play(state.rawValue)
        return strip
    }

    @Test(arguments: RuleState.allCases)
    func `of name, severity, visibility and recipients keeps everything`(state: RuleState) throws {
        var strip = Self.strip(state)
        let before = strip.events
        strip.replan {
            $0.rules[0].name = "Quiet hours"
            $0.rules[0].severity = "high"
            $0.rules[0].isVisibleToClient = false
            $0.rules[0].recipients = ["ann"]
            $0.rules[0].version = 2
        }
        #expect(strip.events == before)
        var other = Self.strip(state)
        other.play("71 60 60 60")
        strip.play("71 60 60 60")
        #expect(strip.marks == other.marks)
        // The event keeps the rule as it was; only a later one has the new name.
        let names = strip.events.map { $0.rule?.name }
        #expect(names == (state == .idle ? [] : state == .pending ? ["Quiet hours"] : ["Limit"]))
    }

    @Test(arguments: RuleState.allCases)
    func `of the limit closes the event and begins idle`(state: RuleState) throws {
        var strip = Self.strip(state)
        strip.replan {
            $0.rules[0].thresholdTenths = 705
            $0.rules[0].version = 2
        }
        let event = strip.events.first
        #expect((event != nil) == (state == .active || state == .clearing))
        #expect(event.map { $0.clearReason == .ruleChanged } ?? true)
        #expect(event.map { $0.clearedAt == strip.monitor.watermark } ?? true)
        #expect(event.map { $0.closedAt == RuleStrip.decided } ?? true)
        #expect(event.map { $0.rule?.thresholdTenths == 700 } ?? true)
        strip.play("71 71")
        #expect(strip.events.count == (event == nil ? 0 : 1))
        strip.play("71")
        #expect(strip.events.last?.rule?.version == 2)
        #expect(strip.events.last?.isActive == true)
    }

    @Test func `that deletes, switches off, unassigns or moves closes for that reason`() {
        let changes: [(SoundEvent.ClearReason, (inout MonitoringPlan) -> Void)] = [
            (.ruleDeleted, { $0.rules = [] }),
            (.ruleChanged, { $0.rules[0].isEnabled = false }),
            (.ruleChanged, { $0.timeZone = "Asia/Tokyo" }),
            (.unitUnassigned, { $0.location = nil }),
            (.unitUnassigned, { $0.location = "yard" }),
            (.unitUnassigned, { $0.assignedAt = RuleStrip.start }),
        ]
        for (reason, change) in changes {
            var strip = Self.strip(.active)
            strip.replan(change)
            #expect(strip.events.map(\.clearReason) == [reason])
            #expect(strip.events.map(\.location) == ["gate"])
        }
    }

    @Test func `of other numbers of the plan keeps events`() {
        var strip = Self.strip(.active)
        strip.replan {
            $0.noDataMilliseconds = 60_000
            $0.coverageMinimum = 0.5
            $0.maxDwellMilliseconds = 20_000
            $0.monitoringHours = Schedule(startMinute: 0, endMinute: 0)
        }
        #expect(strip.events.map(\.isActive) == [true])
        strip.tick(59)
        #expect(strip.events.map(\.clearReason) == [.noData])
    }

    @Test func `a moved unit raises at its new place, with nothing brought along`() {
        var strip = RuleStrip([RuleStrip.rule(cooldown: 1000)])
        strip.play("71 71")
        strip.replan {
            $0.location = "yard"
            $0.rules[0].id = "other"
        }
        strip.play("71")
        #expect(strip.events.map(\.location) == ["gate", "yard"])
        #expect(strip.events.map { $0.rule?.id } == ["r", "other"])
    }

    @Test func `no average holds what was before it`() {
        let loud = String(repeating: "80 ", count: 50)
        for mode in [Averaging.Mode.clock, .sliding] {
            var strip = RuleStrip([RuleStrip.average(79.9, mode, 60)])
            strip.play(loud)
            strip.replan {
                $0.rules[0].thresholdTenths = 750
                $0.rules[0].version = 2
            }
            strip.play(String(repeating: "60 ", count: 60))
            #expect(strip.events.allSatisfy { $0.rule?.version == 1 })
        }
    }

    @Test func `one rule's does not touch another`() {
        var other = RuleStrip.rule(60)
        other.id = "s"
        var strip = RuleStrip([RuleStrip.rule(), other])
        strip.play("71 71")
        strip.replan {
            $0.rules[0].thresholdTenths = 600
            $0.rules[0].version = 2
        }
        #expect(strip.events.map(\.isActive).sorted { !$0 && $1 } == [false, true])
    }
}

@Suite struct `A clock that goes back` {
    /// Two hours back, a frame of 60 dB each second from there.
    private func stepBack(_ strip: inout RuleStrip, hours: Int64 = 2) {
        strip.monitor.apply(.clockStep, at: RuleStrip.decided, into: &strip.output)
        strip.skip(-hours * 3600)
    }

    @Test func `breaks runs as a gap does`() {
        var strip = RuleStrip([RuleStrip.rule(duration: 3)])
        strip.play("71 71 71")
        stepBack(&strip)
        strip.play("71 71 71")
        #expect(strip.events.isEmpty)
        strip.play("71")
        #expect(strip.events.count == 1)
    }

    @Test func `lets an open event go on, and never end before its onset`() throws {
        var strip = RuleStrip([RuleStrip.rule()])
        strip.play("71 71")
        let onset = strip.time(0)
        stepBack(&strip)
        strip.play("72 60")
        let event = try #require(strip.events.first)
        #expect(strip.events.count == 1)
        #expect(event.peakTenths == 720)
        #expect(event.onsetAt == onset)
        #expect(event.clearedAt == onset)
    }

    @Test func `holds nothing back for hours`() {
        var strip = RuleStrip([RuleStrip.rule(cooldown: 10)])
        strip.play("71 60")
        stepBack(&strip)
        strip.play("60 60 71 71 71 71 71 71 71 71 71 71")
        #expect(strip.events.count == 2)
    }

    @Test func `has its frames journaled until it has caught up`() {
        var strip = RuleStrip([RuleStrip.rule()])
        strip.play("71 60")
        let before = strip.time(1)
        #expect(!strip.monitor.mustBeJournaled(before))
        stepBack(&strip)
        #expect(strip.monitor.watermark == nil)
        #expect(strip.monitor.mustBeJournaled(before))
        #expect(!strip.monitor.mustBeJournaled(before.advanced(byMilliseconds: 1)))
    }

    @Test func `leaves a window that it goes out of`() {
        let rule = RuleStrip.rule {
            $0.schedule = Schedule(startMinute: 12 * 60, endMinute: 13 * 60)
        }
        var strip = RuleStrip([rule])
        strip.play("71 71")
        stepBack(&strip)
        strip.play("71")
        #expect(strip.events.map(\.clearReason) == [.windowEnd])
    }
}
