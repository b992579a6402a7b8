//  UnitPagesTests.swift · ServeTests

import HTTPTypes
import Hummingbird
import HummingbirdCore
import Monitoring
import NIOCore
import Support
import Synchronization
import Testing

@testable import Serve

private let now = Timestamp("2026-11-24T22:45:00Z")

@Suite struct `Words on pages` {
    @Test(arguments: [
        (0, "0 kB"), (499, "0 kB"), (80_400, "80 kB"), (999_400, "999 kB"), (999_500, "1.0 MB"),
        (4_249_000, "4.2 MB"), (9_940_000, "9.9 MB"), (9_960_000, "10 MB"), (43_200_000, "43 MB"),
        (999_600_000, "1.0 GB"), (1_250_000_000, "1.3 GB"), (43_000_000_000_000, "43000 GB"),
        (-1, "0 kB"),
    ] as [(Int64, String)])
    func `give amounts of data in two figures`(bytes: Int64, text: String) {
        #expect(PageText.bytes(bytes) == text)
    }

    @Test(arguments: [
        ("2026-11-24T22:41:59Z", "22:41"), ("2026-11-24T00:00:00Z", "00:00"),
        ("2026-11-23T23:59:00Z", "Mon 23:59"), ("2026-11-18T07:00:00Z", "Wed 07:00"),
        ("2026-11-17T07:00:00Z", "17 Nov 07:00"), ("2026-09-01T07:05:00Z", "1 Sept 07:05"),
        ("2026-11-25T01:00:00Z", "25 Nov 01:00"),
    ] as [(Timestamp, String)])
    func `give times as short as they can be`(time: Timestamp, text: String) {
        #expect(PageText.since(time, now: now) == text)
    }

    @Test(arguments: [
        (UnitRate(isFull: true, reason: .viewer, viewerCount: 1), true, "Full rate: 1 viewer"),
        (UnitRate(isFull: true, reason: .viewer, viewerCount: 2), nil, "Full rate: 2 viewers"),
        (UnitRate(isFull: true, reason: .configuredFull), true, "Full rate: set so"),
        (
            UnitRate(isFull: false, reason: .upstreamFull, viewerCount: 1), true,
            "Idle: 13 units of this upstream are at full rate already"
        ),
        (
            UnitRate(isFull: false, reason: .monitorsFull, viewerCount: 3), false,
            "Background poll: 13 feeds run at the upstream"
        ),
        (UnitRate(isFull: false, reason: .unwanted), true, "Idle: nobody looks"),
        (UnitRate(isFull: false, reason: .unwanted), nil, "Idle: nobody looks"),
        (UnitRate(isFull: false, reason: .unwanted), false, "Background poll: nobody looks"),
    ] as [(UnitRate, Bool?, String)])
    func `say why a unit is read as it is`(rate: UnitRate, hasMonitor: Bool?, text: String) {
        let cost = CellularEstimate(bytesPerDay: 0, bytes: 0, since: now)
        let report = UnitReport(rate: rate, cellular: cost, hasMonitor: hasMonitor)
        #expect(report.rateWords == text)
    }

    @Test(arguments: [
        (UpstreamStatus.State.ok, nil, nil, 12, []),
        (.starting, nil, nil, 12, []), (.ok, 2000, nil, 12, []), (.ok, -2000, nil, 12, []),
        (
            .ok, 2600, nil, 12,
            [
                "The clock of meter service north is 3 s ahead of ours: the times of its readings "
                    + "are off by as much."
            ]
        ),
        (
            .down, nil, "connection refused", 12,
            [
                "Meter service north not reachable since 22:41: connection refused. "
                    + "Its 12 units show their last known values."
            ]
        ),
        (
            .stalled, -61_000, "no answer within 5 s", 1,
            [
                "Meter service north has not answered in time since 22:41: no answer within 5 s. "
                    + "Its unit shows its last known values.",
                "The clock of meter service north is 61 s behind ours: the times of its readings "
                    + "are off by as much.",
            ]
        ),
        (.down, nil, nil, 0, ["Meter service north not reachable since 22:41."]),
    ] as [(UpstreamStatus.State, Int64?, String?, Int, [String])])
    func `tell of an upstream once, however many units it has`(
        state: UpstreamStatus.State, offset: Int64?, failure: String?, units: Int, notices: [String]
    ) {
        var status = UpstreamStatus(
            id: "north", url: "http://127.0.0.1:1", state: state, units: units,
            since: "2026-11-24T22:41:00Z")
        status.clockOffsetMilliseconds = offset
        status.failure = failure
        #expect(status.notices(now: now) == notices)
    }
}

@Suite struct `The list of units` {
    /// A unit whose newest reading is `age` seconds old; `nil` for none.
    private func unit(
        _ id: String, age: Int64?, lp: Int16 = 500, state: FrameState = .measuring,
        fault: FeedReport.Fault? = nil, faults: UInt64 = 0, perDay: Int64 = 0,
        upstream: String = "north"
    ) -> UnitSnapshot {
        let newest = age.map {
            Frame.sample(
                UnitID(id)!, at: now.advanced(byMilliseconds: -$0 * 1000), lp: lp, state: state)
        }
        let feed = FeedReport(cadenceMilliseconds: 1000, fault: fault, since: now)
        return UnitSnapshot(
            unit: Unit(id: UnitID(id)!, upstream: upstream, upstreamUnit: "\(id)-there"),
            live: LiveState(newest: newest, feed: feed),
            report: UnitReport(
                rate: UnitRate(isFull: false, reason: .unwanted),
                cellular: CellularEstimate(bytesPerDay: perDay, bytes: 0, since: now)),
            faults: faults > 0 ? [.late: faults] : [:])
    }

    private var units: [UnitSnapshot] {
        [
            unit("a", age: 1, lp: 400, faults: 2), unit("b", age: 3, lp: 700, perDay: 9),
            unit("c", age: 60, lp: 600), unit("d", age: nil, faults: 5),
            unit("e", age: 5000, fault: .upstreamDown, upstream: "south"),
            unit("f", age: 2, state: []), unit("g", age: 70_000), unit("h", age: 30, fault: .unreachable),
        ]
    }

    private func query(_ text: String) -> UnitListQuery {
        UnitListQuery(URI("/?\(text)").queryParameters)
    }

    private func list(_ text: String) -> UnitListView {
        UnitListView(units: units, upstreams: [], query: query(text), now: now)
    }

    @Test func `counts them by how they are doing`() {
        #expect(
            list("").context["totals"] as? String
                == "2 measuring · 1 stopped · 1 delayed · 1 not reachable · "
                + "2 no data since 03:18 · 1 waiting")
    }

    @Test(arguments: [
        ("", "eghcabfd"), ("sort=name", "abcdefgh"), ("sort=level", "bceghadf"),
        ("sort=age", "gechbfad"), ("sort=data", "bacdefgh"), ("sort=faults", "dabcefgh"),
        ("sort=nonsense", "eghcabfd"),
    ])
    func `sorts them`(text: String, order: String) {
        let sorted = query(text).sorted(units, now: now)
        #expect(sorted.map(\.unit.id.name).joined() == order)
    }

    @Test(arguments: [
        ("", "abcdefgh"), ("q=A-TH", "a"), ("q=south", "e"), ("upstream=north", "abcdfgh"),
        ("upstream=north&q=e-", ""), ("q=there", "abcdefgh"), ("upstream=nobody", ""),
    ])
    func `finds them`(text: String, found: String) {
        let query = query(text)
        #expect(units.filter { query.matches($0.unit) }.map(\.unit.id.name).joined() == found)
    }

    @Test func `keeps what is not found in the page, so that it can be found there`() async throws {
        let response = try Pages(.embedded).units(list("q=south&sort=name"), requestID: "r")
        let page = try await text(response)
        #expect(page.matches(of: /<tr data-unit/).count == 8)
        #expect(page.matches(of: /<tr data-unit[^>]* hidden>/).count == 7)
        #expect(page.contains(#"<option value="name" selected>"#))
        #expect(page.contains(#"value="south""#))
    }

    @Test func `shows faults by reason`() async throws {
        let page = try await text(try Pages(.embedded).units(list(""), requestID: "r"))
        #expect(page.contains("<summary>5</summary><ul><li>5 × readings that came late</li></ul>"))
    }

    @Test(arguments: [0, 1, 13, 1000])
    func `is a page for any number of them`(count: Int) async throws {
        let units = (0..<count).map { unit("u\($0)", age: 1) }
        let view = UnitListView(units: units, upstreams: [], query: query(""), now: now)
        let page = try await text(try Pages(.embedded).units(view, requestID: "r"))
        #expect(page.matches(of: /<tr data-unit/).count == count)
        #expect(page.contains("No units yet") == (count == 0))
        #expect(page.utf8.count < 8000 + count * 1400)
    }

    @Test func `never shows what was asked for as markup`() async throws {
        let view = list("q=%22%3E%3Cscript%3E")
        let page = try await text(try Pages(.embedded).units(view, requestID: "r"))
        #expect(!page.contains("\"><script>"))
    }

    @Test(arguments: [(AccessToken.Scope.viewer, true), (.operator, false), (.admin, false)])
    func `leads to a page on which operators set the rate`(
        scope: AccessToken.Scope, isDisabled: Bool
    ) async throws {
        let view = UnitView(snapshot: unit("a", age: 1, perDay: 5_200_000), now: now)
        let page = try await text(try Pages(.embedded).unit(view, scope: scope, requestID: "r"))
        #expect(page.contains("<fieldset disabled>") == isDisabled)
        #expect(page.contains(#"value="auto" checked>"#))
        #expect(page.contains("the data of idle: ≈ 42 MB a day."))
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
