//  EventPagesTests.swift · ServeTests

import HTTPTypes
import Hummingbird
import HummingbirdCore
import Monitoring
import NIOCore
import Support
import Synchronization
import Testing

@testable import Serve

private let now: Timestamp = "2026-11-24T22:45:00Z"

extension SoundEvent {
    /// Of a rule at the gate, from `onset` to `clear`.
    fileprivate static func at(
        _ onset: Timestamp, _ clear: Timestamp? = nil, id: Int64 = 1, by: [String] = [],
        _ change: (inout AlertRule) -> Void = { _ in }
    ) -> SoundEvent {
        var event = sample(id)
        change(&event.rule!)
        event.onsetAt = onset
        event.firstExceededAt = onset
        event.clearedAt = clear
        event.clearReason = clear == nil ? nil : .recovered
        event.acknowledgements = by.map { .init(at: onset, by: $0, note: "") }
        return event
    }
}

@Suite struct `Events in words` {
    private func rule(_ change: (inout AlertRule) -> Void) -> AlertRule {
        var rule = AlertRule(
            id: "r", site: .location("gate"), name: "Night", thresholdTenths: 650,
            warningTenths: 600)
        change(&rule)
        return rule
    }

    @Test(arguments: [
        (0, "0 s"), (499, "0 s"), (44_000, "44 s"), (2_668_000, "44 min 28 s"), (7_500_000, "2 h 5 min"),
        (3_601_000, "1 h"), (90_000_000, "1 d 1 h"), (-5, "0 s"),
    ] as [(Int64, String)])
    func `give lengths in their two largest parts, as the scripts do`(length: Int64, text: String) {
        #expect(EventWords.duration(milliseconds: length) == text)
    }

    @Test(arguments: [(59_999, "1 min"), (8000, "8 s"), (2_668_000, "44 min"), (3_659_000, "1 h")]
        as [(Int64, String)])
    func `leave seconds out of long ones in a list`(length: Int64, text: String) {
        #expect(EventWords.span(milliseconds: length) == text)
    }

    @Test func `say a limit as a sentence`() {
        let cases: [((inout AlertRule) -> Void, String)] = [
            ({ _ in }, "average over 15 min above 65.0 dB"),
            ({ $0.averaging!.consecutive = 3 }, "average over 15 min above 65.0 dB, 3 times running"),
            (
                { $0.averaging = Averaging(mode: .sliding, seconds: 300); $0.durationSeconds = 60 },
                "average over the last 5 min above 65.0 dB for 1 min"
            ),
            ({ $0.averaging!.mode = .window }, "average over its hours above 65.0 dB"),
            (
                { $0.metric = .lp; $0.averaging = nil; $0.durationSeconds = 5; $0.comparison = .below },
                "Lp below 65.0 dB for 5 s"
            ),
            ({ $0.metric = .lmax; $0.averaging = nil }, "Lmax above 65.0 dB"),
        ]
        for (change, text) in cases { #expect(EventWords.limit(rule(change), at: .alarm) == text) }
        #expect(
            EventWords.limit(rule { _ in }, at: .warning) == "average over 15 min above 60.0 dB")
        #expect(EventWords.short(rule { _ in }, at: .alarm) == "15 min average above 65.0 dB")
    }

    @Test(arguments: [
        (702, .above, .alarm, "+5.2 over"), (651, .above, .alarm, "+0.1 over"),
        (650, .above, .alarm, nil), (702, .above, .warning, "+10.2 over"),
        (600, .below, .alarm, "5.0 under"), (700, .below, .alarm, nil), (nil, .above, .alarm, nil),
    ] as [(Int16?, AlertRule.Comparison, SoundEvent.Level, String?)])
    func `say how far a level is beyond its limit`(
        peak: Int16?, comparison: AlertRule.Comparison, level: SoundEvent.Level, text: String?
    ) {
        var event = SoundEvent.at(now) { $0.comparison = comparison }
        event.level = level
        event.peakTenths = peak
        #expect(EventWords.excess(of: event) == text)
    }

    @Test func `say when a rule is in force`() {
        #expect(EventWords.hours(of: rule { _ in }) == nil)
        let nights = rule {
            $0.schedule = Schedule(
                startMinute: 1320, endMinute: 425, days: Weekdays(names: ["fri", "mon"])!)
        }
        #expect(EventWords.hours(of: nights) == "22:00–07:05, Mon Fri")
        #expect(
            EventWords.hours(of: rule { $0.schedule = Schedule(startMinute: 0, endMinute: 60) })
                == "00:00–01:00")
    }

    @Test func `say why they ended`() {
        let average = SoundEvent.at(now, now)
        #expect(EventWords.reason(of: average) == "an average within the limit")
        let level = SoundEvent.at(now, now) { $0.metric = .lp; $0.averaging = nil }
        #expect(EventWords.reason(of: level) == "back below 63.0 dB")
        #expect(EventWords.reason(of: .at(now)).isEmpty)
        for reason in SoundEvent.ClearReason.allCases {
            var event = average
            event.clearReason = reason
            #expect(!EventWords.reason(of: event).isEmpty)
        }
    }

    @Test func `say of every watchdog what it saw and what ends it`() {
        for kind in SoundEvent.Kind.allCases {
            let event = SoundEvent(kind: kind, unit: "a", firstExceededAt: now, onsetAt: now)
            #expect((EventWords.sentence(of: event) != nil) == (kind != .rule))
            #expect(EventWords.sentence(of: event)?.contains("ends this") ?? true)
            #expect(EventWords.excess(of: event) == nil)
        }
    }
}

@Suite struct `The inbox` {
    private func sites() async throws -> Sites { try await FakeBooks().sites() }

    private func query(_ text: String) async throws -> EventListQuery {
        EventListQuery(URI("/events?\(text)").queryParameters, sites: try await sites())
    }

    private func page(
        _ events: [SoundEvent], _ text: String = "", mayChange: Bool = true,
        next: EventQuestion.Cursor? = nil
    ) async throws -> String {
        let view = EventListView(
            page: EventPage(
                events: events, active: events.count(where: \.isActive),
                unacknowledged: events.count { $0.acknowledgements.isEmpty }, next: next),
            query: try await query(text), sites: try await sites(), units: [],
            mayChange: mayChange, now: now)
        return try await self.text(try Pages(.embedded).events(view, requestID: "r"))
    }

    private func rows(_ page: String) -> [String] {
        page.matches(of: /<tr data-event="(\d+)"/).map { String($0.1) }
    }

    @Test(arguments: [
        ("", "status=unacknowledged"), ("status=active", "status=active"),
        ("status=nonsense", "status=unacknowledged"),
        ("status=all&project=p1&location=a.b%3Ac&unit=b-2",
            "status=all&project=p1&location=a.b:c&unit=b-2"),
        ("project=unknown&location=%22&unit=%20", "status=unacknowledged"),
        ("cursor=e1.1795392000000.3", "status=unacknowledged"),
    ])
    func `passes over what its address should not say`(text: String, address: String) async throws {
        #expect(try await query(text).address() == "/events?\(address)")
    }

    @Test func `asks for a page of what its address says`() async throws {
        let question = try await query(
            "status=all&project=p1&location=gate&unit=a&cursor=e1.1795392000000.3"
        ).question
        #expect(question.status == .all && question.project == "p1")
        #expect(question.location == "gate" && question.unit == "a")
        #expect(question.cursor == .init(onset: "2026-11-23T00:00:00Z", id: 3))
        #expect(question.limit == EventListQuery.rows)
    }

    @Test(arguments: [
        ("2026-11-24T22:41:00Z", "22:41 today"), ("2026-11-23T23:50:00Z", "23:50 yesterday"),
        ("2026-11-20T10:20:00Z", "Fri 10:20"), ("2026-07-02T22:30:00Z", "2 Jul 23:30"),
    ] as [(Timestamp, String)])
    func `tells times as the project's clock does`(onset: Timestamp, text: String) async throws {
        let places = EventPlaces(try await sites())
        #expect(places.place(of: .at(onset)).began(onset, now: now) == text)
    }

    @Test func `has a row for each, with state, place, limit, peak and who acknowledged`()
        async throws
    {
        let active = SoundEvent.at("2026-11-24T22:41:00Z", id: 2)
        let ended = SoundEvent.at(
            "2026-11-24T20:00:00Z", "2026-11-24T20:44:28Z", id: 1, by: ["anna", "max"])
        let page = try await page([active, ended], "status=all")
        #expect(rows(page) == ["2", "1"])
        #expect(page.contains(#"<a href="/events/2">Gate</a>"#))
        #expect(page.contains("Harbour · a</span>"))
        #expect(page.contains("<b>Night &quot;noise&quot;</b> 15 min average above 65.0 dB"))
        #expect(page.contains(#"data-look="alarm"><i></i>Active, 4 min"#))
        #expect(page.contains(#"data-look="done"><i></i>Cleared, 44 min"#))
        #expect(page.contains("<b>70.2 dB</b><span class=\"sub\">+5.2 over"))
        #expect(page.contains("✓ max"))
        #expect(page.matches(of: /data-ack>/).count == 1)
        #expect(try await self.page([active]).contains("times in Europe/London"))
    }

    @Test func `leaves out of what is to be acknowledged what was`() async throws {
        let events: [SoundEvent] = [.at(now, id: 2, by: ["anna"]), .at(now, id: 1)]
        #expect(rows(try await page(events)) == ["1"])
        #expect(rows(try await page(events, "status=active")) == ["2", "1"])
    }

    @Test(arguments: [("", "3"), ("event=2", "2"), ("event=77", "3")])
    func `shows one event beside the list`(text: String, id: String) async throws {
        let events: [SoundEvent] = [.at(now, id: 3), .at(now, id: 2)]
        let page = try await page(events, text)
        #expect(page.contains(#"id="event" data-event="\#(id)""#))
    }

    @Test func `lets viewers look only`() async throws {
        let page = try await page([.at(now)], mayChange: false)
        #expect(!page.contains("data-ack") && !page.contains(#"id="say""#))
        #expect(!page.contains("type=\"checkbox\" aria-label"))
    }

    @Test func `does not lead to an event that is not saved`() async throws {
        var event = SoundEvent.at(now, id: 0)
        event.isSaved = false
        let page = try await page([event])
        #expect(page.contains("<b>Gate</b>") && !page.contains("/events/0"))
        #expect(!page.contains("data-ack"))
    }

    @Test(arguments: [
        ("", "All clear"), ("status=active", "All clear"), ("status=all", "No events yet"),
        ("project=p1", "No events here"),
    ])
    func `says when there are none, and what is watched`(text: String, title: String) async throws {
        let page = try await page([], text)
        #expect(page.contains("<h3>\(title)</h3>") && page.contains("No limits are set."))
        #expect(!page.contains(#"id="event""#))
    }

    @Test(arguments: [1, 50, 1000])
    func `is a page for any number of them`(count: Int) async throws {
        let events = (1...count).map { SoundEvent.at(now, id: Int64($0)) }
        let page = try await page(events, next: .init(onset: now, id: 1))
        #expect(rows(page).count == count)
        #expect(page.utf8.count < 14_000 + count * 1200)
        #expect(page.contains("status=unacknowledged&amp;cursor=e1."))
    }

    @Test func `never shows a name as markup`() async throws {
        var event = SoundEvent.at(now) { $0.name = "<script>" }
        event.comments = [.init(at: now, by: "x", note: "<b>&")]
        let page = try await page([event])
        #expect(!page.contains("<script>&") && page.contains("&lt;script&gt;"))
        #expect(page.contains("&lt;b&gt;&amp;"))
    }

    private func text(_ response: Response) async throws -> String {
        let sink = Sink()
        try await response.body.write(sink)
        return sink.text.withLock { $0 }
    }

    private final class Sink: ResponseBodyWriter {
        let text = Mutex("")
        func write(_ buffer: ByteBuffer) async throws {
            text.withLock { $0 += String(buffer: buffer) }
        }
        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Pages of events` {
    private func site(_ scope: AccessToken.Scope = .operator) -> Site {
        var site = Site()
        site.assets = .embedded
        site.tokens = FakeTokens(scope: scope)
        return site
    }

    @Test func `tell on every page how many are active`() async throws {
        let site = site()
        try await site.run { port async throws in
            for path in ["/", "/events", "/units/a"] {
                #expect(try await !port.get(path).body.contains(#"class="badge""#), "\(path)")
            }
            site.books.set([.sample(2), .sample(1), .at(now, now, id: 3)])
            for path in ["/", "/events", "/events/3", "/units/a"] {
                let body = try await port.get(path).body
                #expect(body.contains(#"<span class="badge">2<span"#), "\(path)")
            }
        }
    }

    @Test func `tell all of one event`() async throws {
        let site = site()
        var event = SoundEvent.at("2026-11-24T20:00:00Z", "2026-11-24T20:44:28Z", id: 7, by: ["anna"])
        event.acknowledgements[0].note = "permit 114"
        event.comments = [.init(at: now, by: "max", note: "called them")]
        event.suppressed = 2
        site.books.set([event])
        try await site.run { port async throws in
            let body = try await port.get("/events/7").body
            for words in [
                "<h1 id=\"event-title\">Gate · Night &quot;noise&quot;</h1>", "20:00:00", "44 min 28 s",
                "an average within the limit", "70.2 dB", "65.0 dB", "22:00–07:00, Fri", "75 %",
                "2 runs", "permit 114", "called them", "Acknowledged</b> by anna",
                "Cleared, acknowledged", #"data-zone="Europe/London""#, "data-replay",
            ] { #expect(body.contains(words), "\(words)") }
        }
    }

    @Test func `of a whole meter service have no replay`() async throws {
        let site = site()
        var down = SoundEvent(
            kind: .upstreamDown, unit: nil, upstream: "north", firstExceededAt: now, onsetAt: now)
        down.id = 4
        down.isSaved = true
        site.books.set([down])
        try await site.run { port async throws in
            let body = try await port.get("/events/4").body
            #expect(body.contains("north · Meter service down"))
            #expect(body.contains("This one event stands for all units"))
            #expect(!body.contains("data-replay") && body.contains(#"id="replay" hidden"#))
            #expect(!body.contains("<dt>Limit</dt>"))
        }
    }

    @Test(arguments: ["/events/9", "/events/x", "/events/-1"])
    func `that are gone are not found`(path: String) async throws {
        try await site().run { port async throws in
            let answer = try await port.get(path, fields: [Port.bearer, "Accept: text/html"])
            #expect(answer.status == 404 && answer.body.contains("Request"))
        }
    }

    @Test func `take a note from operators only`() async throws {
        for (scope, may) in [(AccessToken.Scope.viewer, false), (.operator, true)] {
            let site = site(scope)
            site.books.set([.sample()])
            try await site.run { port async throws in
                #expect(try await port.get("/events/1").body.contains(#"id="say""#) == may)
            }
        }
    }
}
