//  LocationPageTests.swift · ServeTests

import HTTPTypes
import Hummingbird
import Monitoring
import NIOCore
import Support
import Synchronization
import Testing

@testable import Serve

private let now = Timestamp("2026-11-24T22:47:00Z")

@Suite struct `The page of a location` {
    private let night = AlertRule(
        id: "night", site: .location("gate"), name: "Night <b>noise</b>", thresholdTenths: 650,
        schedule: Schedule(startMinute: 1320, endMinute: 420))

    private func view(
        _ presence: PlaceState.Status = .live, newest: Frame? = .sample(at: now)
    ) -> LocationView {
        LocationView(
            id: "loc-a1", name: "North <i>gate</i>", project: "Harbour \"Quarter\"",
            words: LocalWords(zone: "Europe/London", now: now), presence: presence, newest: newest)
    }

    private func html(_ view: LocationView) async throws -> String {
        let response = try Pages(AssetCatalog.embedded).location(view, requestID: "r1")
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

    @Test func `has names, numbers, state and the sentence before any script runs`() async throws {
        var view = view()
        view.labels = LevelLabels(ln1: "L1", ln2: "L10", db: "dB(A)")
        view.limits = [
            LimitStanding(rule: night, isInForce: true, value: Level(tenths: 523), event: nil)
        ]
        view.night = ("Last night, Mon 23 Nov", "22:00–07:00: no data", false)
        let text = try await html(view)
        for part in [
            "<h1>North &lt;i&gt;gate&lt;/i&gt;</h1>", "Harbour &quot;Quarter&quot;", "Measuring",
            "Within the limit: average 52.3, limit 65", "Last night, Mon 23 Nov",
            "<span id=\"lp\">57.1</span>", "dB(A)", "Times in London (UTC)",
            "Night &lt;b&gt;noise&lt;/b&gt;", "holds now",
            "average over 15 min above 65 dB · <span class=\"nowrap\">22:00–07:00",
            "data-api=\"/portal/api/location/loc-a1\"", "data-zone=\"Europe/London\"",
            "id=\"history-steps\"", "0 breaches",
        ] { #expect(text.contains(part), "\(part)") }
        #expect(!text.contains("<b>noise</b>") && !text.contains("<i>gate"))
    }

    @Test func `hides the limits when there are none`() async throws {
        let text = try await html(view())
        #expect(text.contains("No limit is set here"))
        #expect(!text.contains("Alert limits") && !text.contains("history-steps"))
    }

    @Test(arguments: [
        (PlaceState.Status.live, "live", "ok", "Measuring"), (.delayed, "delayed", "stale", "Delayed"),
        (.stopped, "idle", "ok", "Stopped"),
        (.unassigned, "idle", "unassigned", "No meter here at present; history stays"),
        (.waiting, "idle", "waiting", "Waiting for the first reading"),
        (.unreachable, "delayed", "unreachable", "Meter not reachable"),
        (.upstreamDown, "delayed", "upstream_down", "Delayed"),
    ])
    func `tells each state by word and look`(
        presence: PlaceState.Status, look: String, feed: String, word: String
    ) async throws {
        let none = presence == .unassigned || presence == .waiting
        let state: FrameState = presence == .stopped ? [] : .measuring
        let newest: Frame? = none ? nil : .sample(at: now, state: state)
        let text = try await html(view(presence, newest: newest))
        #expect(text.contains("data-look=\"\(look)\"><i></i><span class=\"word\">\(word)</span>"))
        #expect(text.contains("data-feed=\"\(feed)\""))
        // What is no measurement is no number.
        #expect(text.contains("<span id=\"lp\">–</span>") == (none || presence == .stopped))
    }

    @Test func `has a line for a range, with its holes, and a sentence`() throws {
        let edges = (0...4).map { now.milliseconds + Int64($0 - 4) * 60_000 }
        let range = TimeRange(start: Timestamp(milliseconds: edges[0]), end: now)!
        var buckets = LevelBuckets(edges: edges, range: range)
        for index in [0, 1, 3] {
            buckets.add(
                FrameColumns(
                    (1...6).map {
                        .sample(
                            at: Timestamp(milliseconds: edges[index] + Int64($0) * 9_900),
                            lp: index == 1 ? 600 : 500)
                    }))
        }
        let sketch = LevelSketch(buckets: buckets)
        let path = try #require(sketch.path)
        #expect(path.count { $0 == "M" } == 2, "\(path)")
        let words = LocalWords(zone: "Europe/London", now: now)
        let text = sketch.summary(LevelLabels(), breaches: 1, words)
        #expect(text.hasPrefix("History chart, 24 Nov 22:43 to 24 Nov 22:47. Leq 5"))
        #expect(text.contains("readings between 50.0 and 60.0 dB, data "))
        #expect(text.hasSuffix("1 breach of a limit."))
    }
}
