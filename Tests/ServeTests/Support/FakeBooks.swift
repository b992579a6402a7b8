//  FakeBooks.swift · ServeTests
//
//  Sites, rules and events in memory.

import Monitoring
import Synchronization

@testable import Serve

/// Unit `a` is at the gate of `p1` since March; `b-2` is nowhere, and the roof was removed.
final class FakeBooks: SiteBook, RuleBook, EventBook {
    private struct State {
        var sites = Sites(
            clients: ["alpha": Client(id: "alpha", name: "Alpha")],
            projects: [
                "p1": Project(
                    id: "p1", name: "Harbour", client: "alpha", timeZone: "Europe/London",
                    monitoringHours: Schedule(startMinute: 485, endMinute: 1080))
            ],
            locations: [
                "gate": Location(id: "gate", project: "p1", name: "Gate"),
                "a.b:c": Location(
                    id: "a.b:c", project: "p1", name: "Yard", kind: .vibration, latitude: 51.5,
                    longitude: -0.02),
                "roof": Location(id: "roof", project: "p1", name: "Roof", status: .removed),
            ],
            assignments: [Assignment(location: "gate", unit: "a", from: "2026-03-01T00:00:00Z")],
            recipients: ["ops"])
        var events: [SoundEvent] = []
        var asked: [EventQuestion] = []
        var meanwhile: @Sendable (inout Sites) -> Void = { _ in }
    }
    private let state = Mutex(State())

    /// What ``events(_:)`` was asked.
    var asked: [EventQuestion] { state.withLock { $0.asked } }
    /// The page after the events'.
    let next: EventQuestion.Cursor? = .init(onset: "2026-11-23T00:00:00Z", id: 3)

    func set(_ events: [SoundEvent]) { state.withLock { $0.events = events } }
    func change(_ body: (inout Sites) -> Void) { state.withLock { body(&$0.sites) } }

    /// What somebody else does each time before a rule is replaced.
    func meanwhile(_ body: @escaping @Sendable (inout Sites) -> Void) {
        state.withLock { $0.meanwhile = body }
    }

    func sites() async throws -> Sites { state.withLock { $0.sites } }
    func revise<Result: Sendable>(
        _ decide: @Sendable (inout Sites, [UnitID]) throws -> Result
    ) async throws -> Result {
        try state.withLock { state in
            var sites = state.sites
            let result = try decide(&sites, ["a", "b-2"])
            state.sites = sites
            return result
        }
    }
    func rules(of site: AlertRule.Site) async throws -> [AlertRule] {
        state.withLock { $0.sites.rules(of: site) }
    }
    func rule(_ id: String) async throws -> AlertRule? { state.withLock { $0.sites.rules[id] } }
    func add(_ rule: AlertRule) async throws -> AlertRule {
        try state.withLock { try $0.sites.add(rule, units: ["a", "b-2"]) }
    }
    func replace(_ rule: AlertRule, over version: Int) async throws -> AlertRule {
        try state.withLock { state in
            state.meanwhile(&state.sites)
            return try state.sites.replace(rule, over: version)
        }
    }
    func delete(rule id: String) async throws -> Bool {
        state.withLock { $0.sites.delete(rule: id) }
    }
    func plans(at now: Timestamp) async throws -> [MonitoringPlan] { [] }
    func unreadableRules() async throws -> [String] { [] }

    func events(_ question: EventQuestion) async throws -> EventPage {
        state.withLock {
            $0.asked.append(question)
            return EventPage(
                events: $0.events, active: $0.events.count(where: \.isActive),
                unacknowledged: $0.events.count { $0.acknowledgements.isEmpty },
                next: $0.events.isEmpty ? nil : next)
        }
    }
    func event(_ id: Int64) async throws -> SoundEvent? {
        state.withLock { $0.events.first { $0.id == id } }
    }
    func acknowledge(_ id: Int64, _ note: SoundEvent.Note) async throws -> SoundEvent? {
        try add(note, to: id, \.acknowledgements)
    }
    func comment(_ id: Int64, _ note: SoundEvent.Note) async throws -> SoundEvent? {
        try add(note, to: id, \.comments)
    }

    private func add(
        _ note: SoundEvent.Note, to id: Int64,
        _ notes: WritableKeyPath<SoundEvent, [SoundEvent.Note]>
    ) throws -> SoundEvent? {
        try state.withLock { state in
            guard let index = state.events.firstIndex(where: { $0.id == id }) else { return nil }
            if note.note == "full" { throw NotesFull() }
            state.events[index][keyPath: notes].append(note)
            return state.events[index]
        }
    }
}

extension SoundEvent {
    /// An event of a night rule at the gate; a second one on, active, of unit `a`.
    static func sample(_ id: Int64 = 1) -> SoundEvent {
        var rule = AlertRule(
            id: "night", version: 3, site: .location("gate"), name: "Night \"noise\"",
            thresholdTenths: 650, warningTenths: 600)
        rule.schedule = Schedule(
            startMinute: 1320, endMinute: 420, days: Weekdays(names: ["fri"])!,
            exceptDates: [CalendarDay("2026-12-25")!])
        var event = SoundEvent(
            kind: .rule, unit: "a", location: "gate", rule: rule,
            firstExceededAt: "2026-11-23T15:45:00Z", onsetAt: "2026-11-23T16:00:00Z", tenths: 671)
        event.id = id
        event.peakTenths = 702
        event.exceededMilliseconds = 900_500
        event.coverage = 0.75
        event.isSaved = true
        return event
    }
}

extension FakeBooks: OpenEvents {
    func openEvents() -> [SoundEvent] { state.withLock { $0.events.filter(\.isActive) } }
}

extension FakeBooks: Replays {
    /// One reading and one step: what the machines make of frames is the pipeline's to test.
    func replay(_ event: SoundEvent, at now: Timestamp) async throws -> EventReplay {
        var frames = FrameColumns()
        var levels = Levels()
        levels[.lp] = Level(tenths: 712)
        frames.append(
            time: event.onsetAt.milliseconds, levels: levels.tenths,
            state: FrameState.measuring.rawValue, run: Run(start: nil))
        return EventReplay(
            range: TimeRange(
                start: event.firstExceededAt, end: event.onsetAt.advanced(byMilliseconds: 1))!,
            frames: frames,
            steps: [RuleStep(.onset, at: event.onsetAt, rule: event.rule!.id, tenths: 712)])
    }

    func backTest(
        _ rule: AlertRule, over stretches: [PastStretch]
    ) async throws -> BackTestReport {
        var report = BackTestReport()
        report.alarmCount = stretches.count
        report.frameCount = Int(rule.thresholdTenths)
        return report
    }
}
