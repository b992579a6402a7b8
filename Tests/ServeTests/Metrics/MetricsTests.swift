//  MetricsTests.swift · ServeTests

import Monitoring
import Support
import Testing

@testable import Serve

/// What a scrape holds, read by the rules of the text format 0.0.4.
private struct Scrape {
    struct Sample: Hashable {
        let name: String
        let labels: [String: String]
    }

    var types: [String: String] = [:]
    var samples: [Sample: Double] = [:]
    var faults: [String] = []

    init(_ text: String) {
        var helped: Set<String> = []
        var finished: Set<String> = []
        var current = ""
        if !text.hasSuffix("\n") { faults.append("the last line has no end") }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if let match = line.wholeMatch(of: /# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)/) {
                if !helped.insert(String(match.1)).inserted { faults.append("HELP twice: \(line)") }
            } else if let match = line.wholeMatch(
                of: /# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)/)
            {
                current = String(match.1)
                if !finished.insert(current).inserted { faults.append("TYPE twice: \(line)") }
                if !helped.contains(current) { faults.append("TYPE without HELP: \(line)") }
                types[current] = String(match.2)
            } else if let match = line.wholeMatch(
                of: /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? ([^ ]+)/)
            {
                let name = String(match.1)
                let suffixes = types[current] == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
                if !suffixes.contains(where: { current + $0 == name }) {
                    faults.append("outside of its family: \(line)")
                }
                guard let value = Double(match.3.replacing("+Inf", with: "inf")),
                    let labels = Scrape.labels(match.2.map { $0.dropFirst().dropLast() } ?? "")
                else {
                    faults.append("not a sample: \(line)")
                    continue
                }
                let sample = Sample(name: name, labels: labels)
                if samples.updateValue(value, forKey: sample) != nil {
                    faults.append("twice: \(line)")
                }
            } else {
                faults.append("not a line: \(line)")
            }
        }
    }

    private static func labels(_ text: Substring) -> [String: String]? {
        var labels: [String: String] = [:]
        var rest = text
        while !rest.isEmpty {
            guard
                let match = rest.prefixMatch(
                    of: /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(,|$)/)
            else { return nil }
            labels[String(match.1)] = Scrape.plain(match.2)
            rest = rest[match.range.upperBound...]
        }
        return labels
    }

    private static func plain(_ text: Substring) -> String {
        var plain = ""
        var isEscaped = false
        for character in text {
            switch (isEscaped, character) {
            case (false, "\\"): isEscaped = true
            case (true, "n"):
                plain.append("\n")
                isEscaped = false
            default:
                plain.append(character)
                isEscaped = false
            }
        }
        return plain
    }

    subscript(name: String, labels: [String: String]) -> Double? {
        samples[Sample(name: name, labels: labels)]
    }

    /// Faults of all histograms: buckets that do not grow, or do not end in the count.
    var histogramFaults: [String] {
        var faults: [String] = []
        for (name, type) in types where type == "histogram" {
            let buckets = samples.filter { $0.key.name == name + "_bucket" }
            let series = Dictionary(grouping: buckets) { $0.key.labels.filter { $0.key != "le" } }
            for (labels, buckets) in series {
                let sorted = buckets.map { bucket in
                    let end = bucket.key.labels["le"]!.replacing("+Inf", with: "inf")
                    return (Double(end)!, bucket.value)
                }.sorted { $0.0 < $1.0 }
                if sorted.last?.0 != .infinity { faults.append("\(labels): no +Inf") }
                if sorted.map(\.1) != sorted.map(\.1).sorted() { faults.append("\(labels): falls") }
                if sorted.last?.1 != self[name + "_count", labels] {
                    faults.append("\(labels): the count is not that of +Inf")
                }
                if self[name + "_sum", labels] == nil { faults.append("\(labels): no sum") }
            }
        }
        return faults
    }
}

@Suite struct `The text of metrics` {
    @Test func `escapes what a label or a help may hold`() {
        var text = MetricsText()
        text.family("earshot_test", .gauge, "a \\ b\nc \"d\"") {
            $0.sample(["name": "a \"b\" \\ c\nd", "other": "e,f}"], -1.5)
        }
        #expect(
            text.text == """
                # HELP earshot_test a \\\\ b\\nc "d"
                # TYPE earshot_test gauge
                earshot_test{name="a \\"b\\" \\\\ c\\nd",other="e,f}"} -1.5

                """)
        let scrape = Scrape(text.text)
        #expect(scrape.faults == [])
        #expect(
            scrape["earshot_test", ["name": "a \"b\" \\ c\nd", "other": "e,f}"]] == -1.5)
    }

    @Test func `leaves a family without samples out`() {
        var text = MetricsText()
        text.family("earshot_test", .gauge, "Nothing.", nil)
        #expect(text.text == "")
    }

    @Test func `adds the buckets of a histogram up`() {
        var histogram = Histogram()
        for seconds in [0.001, 0.0011, 0.3, 0.5, 99] { histogram.add(seconds: seconds) }
        var text = MetricsText()
        text.family("earshot_seconds", .histogram, "Times.") { $0.histogram(["a": "b"], histogram) }
        let scrape = Scrape(text.text)
        #expect(scrape.faults == [] && scrape.histogramFaults == [])
        for (end, count) in [
            ("0.001", 1.0), ("0.005", 2), ("0.25", 2), ("0.5", 4), ("10", 4), ("+Inf", 5),
        ] {
            #expect(scrape["earshot_seconds_bucket", ["a": "b", "le": end]] == count, "\(end)")
        }
        #expect(scrape["earshot_seconds_count", ["a": "b"]] == 5)
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Metrics` {
    private func scrape(_ port: Port) async throws -> Scrape {
        let answer = try await port.get("/metrics")
        #expect(answer["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        let scrape = Scrape(answer.body)
        #expect(scrape.faults == [])
        #expect(scrape.histogramFaults == [])
        #expect(scrape.types.keys.allSatisfy { $0.hasPrefix("earshot_") })
        for (name, type) in scrape.types {
            #expect(name.hasSuffix("_total") == (type == "counter"), Comment(rawValue: name))
        }
        return scrape
    }

    @Test func `need credentials`() async throws {
        try await Site().run { port async throws in
            #expect(try await port.get("/metrics", fields: []).status == 401)
        }
    }

    @Test func `tell of upstreams, units and faults`() async throws {
        var site = Site()
        var north = UpstreamStatus(
            id: "north", url: "http://127.0.0.1:1", state: .ok, units: 12,
            since: "2026-11-23T15:00:00Z")
        north.clockOffsetMilliseconds = -2500
        north.requestCount = 1000
        north.failureCount = 3
        north.monitorCount = 5
        north.fullRateCount = 4
        let south = UpstreamStatus(
            id: "south \"\\", url: "http://127.0.0.1:2", state: .down, units: 1,
            since: "2026-11-23T15:00:00Z")
        site.upstreams.statuses = [north, south]
        site.faults = [FakeFaults(counts: ["a": [.late: 2]]), FakeFaults(counts: ["a": [.late: 3]])]
        site.feed.publish([.frame(.sample(at: "2026-11-23T15:59:59Z"))])
        site.configuration.version = "1.2.3"
        try await site.run { port async throws in
            let scrape = try await scrape(port)
            #expect(scrape["earshot_build_info", ["version": "1.2.3"]] == 1)
            for (name, value) in [
                ("up", 1.0), ("clock_offset_seconds", -2.5), ("requests_total", 1000),
                ("failures_total", 3), ("monitors", 5), ("full_rate_units", 4), ("units", 12),
            ] {
                #expect(scrape["earshot_upstream_\(name)", ["upstream": "north"]] == value, "\(name)")
            }
            let down = ["upstream": "south \"\\"]
            #expect(scrape["earshot_upstream_up", down] == 0)
            #expect(scrape["earshot_upstream_monitors", down] == nil)
            #expect(scrape["earshot_units", ["status": "measuring"]] == 1)
            #expect(scrape["earshot_units", ["status": "waiting"]] == 1)
            #expect(scrape["earshot_units", ["status": "no_data"]] == 0)
            let late = ["upstream": "north", "reason": "late"]
            #expect(scrape["earshot_faults_total", late] == 5)
            for name in ["cpu_seconds_total", "resident_memory_bytes", "open_fds"] {
                #expect((scrape["earshot_process_\(name)", [:]] ?? 0) > 0, "\(name)")
            }
        }
    }

    @Test func `tell what became of frames, and how the store is doing`() async throws {
        var site = Site()
        site.pipeline.counts.accepted = 7
        site.pipeline.counts.late = 2
        site.pipeline.counts.dropped = [.ahead: 1]
        site.pipeline.counts.stored = 8
        site.pipeline.counts.conflicts = 1
        site.pipeline.counts.waitingMaximum = 65_536
        site.store.stored = ["the disk is full"]
        site.store.numbers.framesInHead = 9
        site.store.numbers.damageCount = 3
        var segments = StoreStatistics.Segments()
        segments.count = 4
        segments.bytes = 4096
        site.store.numbers.segments = [1: segments]
        site.store.numbers.lastCommit = .milliseconds(4)
        try await site.run { port async throws in
            let scrape = try await scrape(port)
            for (verdict, count) in [
                ("accepted", 7.0), ("late", 2), ("repeated", 0), ("dropped_ahead", 1),
            ] {
                #expect(scrape["earshot_frames_total", ["verdict": verdict]] == count, "\(verdict)")
            }
            for (verdict, count) in [("stored", 8.0), ("conflict", 1), ("duplicate", 0)] {
                let handed = scrape["earshot_frames_handed_total", ["verdict": verdict]]
                #expect(handed == count, "\(verdict)")
            }
            for (name, value) in [
                ("channel_observations_limit", 65_536.0), ("store_working", 0),
                ("store_head_frames", 9), ("store_damaged_parts", 3),
                ("store_last_commit_seconds", 0.004),
            ] {
                #expect(scrape["earshot_\(name)", [:]] == value, "\(name)")
            }
            #expect(scrape["earshot_store_segments", ["level": "1"]] == 4)
            #expect(scrape["earshot_store_segment_bytes", ["level": "1"]] == 4096)
        }
    }

    @Test func `count requests by route, never by what was asked for`() async throws {
        try await Site().run { port async throws in
            _ = try await scrape(port)
            let before = try await scrape(port)
            for path in ["/api/units/a", "/api/units/b-2", "/api/units/nobody", "/x", "/y?z=1"] {
                _ = try await port.get(path)
            }
            let raw = try await RawConnection(port: port.number)
            try await raw.send("GET / HTTP/1.1\r\n\r\n")
            _ = try await raw.readAnswer()
            let after = try await scrape(port)
            func count(_ method: String, _ route: String, _ status: String) -> Double? {
                after[
                    "earshot_http_requests_total",
                    ["listener": "operator", "method": method, "route": route, "status": status]]
            }
            #expect(count("GET", "/api/units/{unit}", "2xx") == 2)
            #expect(count("GET", "/api/units/{unit}", "4xx") == 1)
            #expect(count("any", "none", "4xx") == 3)
            #expect(count("GET", "/metrics", "2xx") == 2)
            let timed = [
                "listener": "operator", "method": "GET", "route": "/api/units/{unit}",
            ]
            #expect(after["earshot_http_request_duration_seconds_count", timed] == 3)
            #expect(after["earshot_limit_hits_total", ["limit": "request_form"]] == 1)
            // Whatever strangers ask for, there is no more than one entry for each route.
            let routes = Set(after.samples.keys.compactMap { $0.labels["route"] })
            #expect(routes == ["/metrics", "/api/units/{unit}", "none"])
            #expect(before.samples.keys.allSatisfy { $0.labels["unit"] == nil })
        }
    }

    @Test func `count limits and streams`() async throws {
        var site = Site()
        site.tokens = FakeTokens(scope: .operator)
        site.configuration.socketsPerSession = 1
        site.configuration.signInsPerMinute = 1
        site.feed.publish([.frame(.sample(at: "2026-11-23T15:59:59Z"))])
        try await site.run { port async throws in
            let json = [Port.bearer, "Content-Type: application/json"]
            let deep = String(repeating: "[", count: 33) + String(repeating: "]", count: 33)
            let big = String(repeating: " ", count: 64 * 1024 + 1)
            _ = try await port.request("PUT", "/api/units/a", fields: json, body: deep)
            _ = try await port.request("PUT", "/api/units/a", fields: json, body: big)
            _ = try await port.request(
                "PUT", "/api/units/a", fields: json + ["Content-Encoding: gzip"], body: "{}")
            _ = try await port.get("/api/units/no.name")
            let head = "X: \(String(repeating: "x", count: 17 * 1024))"
            #expect(try await port.get("/healthz", fields: [head]).status == 431)
            let form = ["Content-Type: application/x-www-form-urlencoded"]
            for _ in 0..<2 {
                _ = try await port.request("POST", "/sign-in", fields: form, body: "token=x")
            }
            let stream = try await port.stream("a")
            _ = try await stream.readMessage()
            await #expect(throws: Port.Refused.self) { _ = try await port.stream("a") }
            var scrape = try await scrape(port)
            for limit in [
                "body_depth", "body_size", "body_encoding", "unit_name", "request_head", "sign_ins",
                "websockets_per_session",
            ] {
                #expect(scrape["earshot_limit_hits_total", ["limit": limit]] == 1, "\(limit)")
            }
            #expect(scrape["earshot_limit_hits_total", ["limit": "websockets_per_address"]] == 0)
            #expect(scrape["earshot_websockets_open", [:]] == 1)
            #expect(scrape["earshot_websocket_messages_total", [:]] == 2)
            let route = [
                "listener": "operator", "method": "GET", "route": "/api/units/{unit}/stream",
            ]
            for (status, count) in [("1xx", 1.0), ("4xx", 1)] {
                #expect(
                    scrape[
                        "earshot_http_requests_total",
                        route.merging(["status": status]) { $1 }] == count)
            }
            try await stream.send(opcode: 1, Array(repeating: 65, count: 5000))
            while try await stream.readFrame().closeCode == nil {}
            scrape = try await self.scrape(port)
            #expect(scrape["earshot_limit_hits_total", ["limit": "websocket_message_size"]] == 1)
        }
    }
}
