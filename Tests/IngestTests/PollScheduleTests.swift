//  PollScheduleTests.swift · IngestTests

import Monitoring
import Testing

@testable import Ingest

@Suite struct `A poll schedule` {
    // One column is 100 ms, the interval 500 ms; D discover, letters are units. Upper row: what
    // is asked in that column, in order, when nothing takes time.
    private func drawn(
        _ units: [String], columns: Int, discoveryInterval: Duration = .seconds(2),
        paused: (String, Int) -> Bool = { _, _ in false }, stalled: Range<Int> = 0..<0
    ) -> String {
        var schedule = PollSchedule(
            interval: .milliseconds(500), discoveryInterval: discoveryInterval, start: .zero)
        schedule.setUnits(units.map { UnitID($0)! }, at: .zero)
        return (0..<columns).map { column in
            guard !stalled.contains(column) else { return "" }
            let now: Duration = .milliseconds(column * 100)
            var asked = ""
            for _ in 0..<20 {
                switch schedule.next(at: now, isPaused: { paused($0.name, column) }) {
                case .discover: asked += "D"
                case .poll(let unit): asked += unit.name
                case .wait(let until):
                    #expect(until > now)
                    return asked
                }
            }
            return asked + "!"
        }.joined(separator: "|")
    }

    @Test func `discovers first, then asks each unit once per interval`() {
        #expect(drawn(["a", "b"], columns: 11) == "Dab|||||ab|||||ab")
    }

    @Test func `discovers again after its own interval`() {
        #expect(drawn(["a"], columns: 8, discoveryInterval: .milliseconds(300)) == "Da|||D||a|D|")
    }

    @Test func `does not make up for polls that were missed`() {
        #expect(drawn(["a", "b"], columns: 16, stalled: 1..<13) == "Dab|||||||||||||ab||ab")
    }

    @Test func `passes over units whose socket delivers, and comes back to them`() {
        #expect(
            drawn(["a", "b"], columns: 16, paused: { unit, column in unit == "a" && column < 8 })
                == "Db|||||b|||||ab|||||ab")
    }

    @Test func `waits for the list when there are no units`() {
        #expect(drawn([], columns: 4, discoveryInterval: .milliseconds(300)) == "D|||D")
    }

    @Test func `asks the one that waited longest first`() {
        var schedule = PollSchedule(
            interval: .seconds(1), discoveryInterval: .seconds(600), start: .zero)
        let (a, b) = (UnitID("a")!, UnitID("b")!)
        func next(_ milliseconds: Int) -> PollSchedule.Step {
            schedule.next(at: .milliseconds(milliseconds), isPaused: { _ in false })
        }
        #expect(next(0) == .discover)
        schedule.setUnits([a], at: .zero)
        #expect(next(0) == .poll(a))
        schedule.setUnits([b, a], at: .milliseconds(400))
        #expect(next(400) == .poll(b))
        #expect(next(2500) == .poll(a))
        #expect(next(2500) == .poll(b))
        #expect(next(2500) == .wait(until: .milliseconds(3000)))
    }

    @Test func `can be told to discover at another time`() {
        var schedule = PollSchedule(
            interval: .seconds(1), discoveryInterval: .seconds(60), start: .zero)
        #expect(schedule.next(at: .zero, isPaused: { _ in false }) == .discover)
        schedule.discover(at: .seconds(5))
        #expect(schedule.next(at: .zero, isPaused: { _ in false }) == .wait(until: .seconds(5)))
        #expect(schedule.next(at: .seconds(5), isPaused: { _ in false }) == .discover)
    }
}
