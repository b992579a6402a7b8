//  SystemPagesTests.swift · ServeTests

import Hummingbird
import HummingbirdCore
import Monitoring
import Support
import Testing

@testable import Serve

private let html = [Port.bearer, "Accept: text/html"]

@Suite(.timeLimit(.minutes(10))) struct `The page of notifications` {
    private func page(
        _ path: String = "/notifications", scope: AccessToken.Scope = .admin, isFull: Bool = true
    ) async throws -> String {
        var site = Site()
        site.assets = .embedded
        site.tokens = FakeTokens(scope: scope)
        if isFull { site.recipients.fill() }
        return try await site.run { port async throws in
            let answer = try await port.get(path, fields: html)
            #expect(answer.status == 200)
            return answer.body
        }
    }

    @Test func `says who is told, when not, and of what`() async throws {
        let page = try await page()
        #expect(page.contains("<h3>Operations</h3>"))
        #expect(page.contains("Webhook to https://h.example/x/secret?y"))
        #expect(page.contains("quiet 22:00–07:00 every day, but for 1 date (Europe/London)"))
        #expect(page.contains("Mail to m@example.org"))
        #expect(page.contains("no reminders"))
    }

    @Test(arguments: [(AccessToken.Scope.viewer, false), (.operator, false), (.admin, true)])
    func `is changed by admins, who alone see a webhook's URL`(
        scope: AccessToken.Scope, mayChange: Bool
    ) async throws {
        let page = try await page(scope: scope)
        #expect(page.contains("/secret?y") == mayChange)
        #expect(page.contains(#"id="recipient-add""#) == mayChange)
        #expect(page.contains("<dialog") == mayChange)
        #expect(page.contains("takes a token with the scope admin") == !mayChange)
    }

    @Test func `has the log, each status in words`() async throws {
        let page = try await page()
        for status in Delivery.Status.allCases {
            #expect(page.contains("<i></i>\(status.words)</span>"))
        }
        #expect(page.contains(#"<a href="/events/0">No readings · a</a>"#))
    }

    @Test func `says so when there is nobody and nothing`() async throws {
        let page = try await page(isFull: false)
        #expect(page.contains("No recipients yet") && page.contains("No messages here"))
    }

    @Test(arguments: [
        ("", nil, "", nil, "/notifications"),
        ("status=dead", .dead, "", nil, "/notifications?status=dead"),
        ("status=lost&before=0", nil, "", nil, "/notifications"),
        ("recipient=ops&before=12", nil, "ops", 12, "/notifications?recipient=ops"),
        ("recipient=a%26b", nil, "a&b", nil, "/notifications"),
    ] as [(String, Delivery.Status?, String, Int64?, String)])
    func `has the question in its address`(
        text: String, status: Delivery.Status?, recipient: String, before: Int64?, newest: String
    ) {
        let query = NotificationsQuery(URI("/notifications?\(text)").queryParameters)
        #expect(query.status == status && query.recipient == recipient && query.before == before)
        #expect(query.address(before: nil) == newest)
        let older = query.address(before: 7)
        #expect(older == newest + (newest.contains("?") ? "&" : "?") + "before=7")
        #expect(query.question.limit == 50)
    }
}

@Suite(.timeLimit(.minutes(10))) struct `The page of the system` {
    private func page(_ change: (inout Site) -> Void = { _ in }) async throws -> String {
        var site = Site()
        site.assets = .embedded
        site.configuration.version = "1.2.3"
        change(&site)
        return try await site.run { port async throws in
            let answer = try await port.get("/system", fields: html)
            #expect(answer.status == 200)
            return answer.body
        }
    }

    @Test func `says that all is well, and which program it is`() async throws {
        let page = try await page()
        #expect(page.contains(#"id="health" data-look="done""#))
        #expect(page.contains("Everything works."))
        #expect(page.contains("<dd>1.2.3</dd>"))
        #expect(!page.contains("Damage"))
    }

    @Test func `gives reasons as /readyz does`() async throws {
        let page = try await page {
            $0.store.remarks = ["little room: 1 GB"]
            $0.store.parts = [
                Damage(file: "s1.seg", kind: "page", unit: "a", detail: "One page cannot be read.")
            ]
        }
        #expect(page.contains(#"data-look="delayed""#) && page.contains("Degraded"))
        #expect(page.contains("<li>little room: 1 GB</li>"))
        #expect(page.contains(#"<th scope="row">s1.seg</th>"#))
        #expect(page.contains("One page cannot be read."))
    }

    @Test func `says that the store cannot work`() async throws {
        let page = try await page { $0.store.stored = ["The disk is read-only."] }
        #expect(page.contains("Not ready") && page.contains("<li>The disk is read-only.</li>"))
    }

    @Test func `names damage up to a bound`() async throws {
        let page = try await page { site in
            site.store.parts = (0..<105).map {
                Damage(file: "s\($0)", kind: "page", detail: "Lost.")
            }
        }
        #expect(page.matches(of: /<th scope="row">s\d+</).count == SystemView.damageMaximum)
        #expect(page.contains("and 5 more"))
    }

    @Test func `has upstreams, sizes and bounds in numbers`() async throws {
        let page = try await page { site in
            var status = UpstreamStatus(
                id: "north", url: "http://north:1", state: .down, units: 3,
                since: "2026-11-23T15:00:00Z")
            status.clockOffsetMilliseconds = -3400
            status.requestCount = 1_234_567
            site.upstreams.statuses = [status]
            var segments = StoreStatistics.Segments()
            segments.count = 12
            segments.bytes = 43_000_000
            site.store.numbers.segments = [1: segments]
            site.counts.hit(.signIns)
        }
        #expect(page.contains("Not reachable") && page.contains("3 s behind"))
        #expect(page.contains("1,234,567"))
        #expect(page.contains("Meter service north not reachable since"))
        #expect(page.contains("43 MB"))
        #expect(page.contains(#"<rect width="100%" height="8" rx="4" class="part"/>"#))
        #expect(page.contains("<dt>sign-ins, too many of one address</dt><dd>1</dd>"))
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1,000"), (123_456, "123,456"), (1_234_567, "1,234,567"),
    ] as [(UInt64, String)])
    func `groups digits`(count: UInt64, text: String) {
        #expect(SystemView.number(count) == text)
    }

    @Test(arguments: [(nil, "–"), (0, "0 s"), (499, "0 s"), (2600, "3 s ahead"), (-2600, "3 s behind")]
        as [(Int64?, String)])
    func `says how far a clock is off`(milliseconds: Int64?, text: String) {
        #expect(SystemView.offset(milliseconds) == text)
    }
}
