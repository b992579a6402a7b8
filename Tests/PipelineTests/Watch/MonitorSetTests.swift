//  MonitorSetTests.swift · PipelineTests

import Monitoring
import Testing

@testable import Pipeline

@Suite struct `A set of monitors` {
    private func moment(_ second: Int64) -> MonitorSet.Moment {
        MonitorSet.Moment(
            now: Samples.now.advanced(byMilliseconds: second * 1000), uptime: second * 1000)
    }

    @Test func `looks again, when a lost unit moves, at what was due before`() {
        var plan = MonitoringPlan(unit: Samples.unit, location: "gate")
        var monitors = MonitorSet(at: moment(0))
        _ = monitors.follow([plan], at: moment(0)) { _ in nil }
        monitors.take(Samples.frame(second: 200), isStep: false, at: moment(0))
        monitors.note(
            FeedReport(cadenceMilliseconds: 1000, fault: .unreachable, since: Samples.now),
            of: plan.unit, at: moment(1))
        _ = monitors.tick(at: moment(60))
        #expect(monitors.openEvents.map(\.location) == ["gate"])
        plan.location = "yard"
        _ = monitors.follow([plan], at: moment(70)) { _ in nil }
        #expect(monitors.openEvents.isEmpty)
        _ = monitors.tick(at: moment(71))
        #expect(monitors.openEvents.map(\.location) == ["yard"])
        #expect(monitors.openEvents.map(\.onsetAt) == [moment(71).now])
    }
}
