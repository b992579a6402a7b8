//  ExportRouteTests.swift · ServeTests
//
//  `GET /api/export`, and that an import brings all of it back.

import Foundation
import Monitoring
import Support
import Testing

@testable import Serve

@Suite(.timeLimit(.minutes(10))) struct `An export` {
    private func site(_ frames: [Frame]) -> Site {
        var site = Site()
        site.tokens = FakeTokens(scope: .admin)
        site.frames = FakeStore(frames)
        site.exported = site.frames
        return site
    }

    private static let frames: [Frame] = [
        .imported("a", at: "2026-11-23T12:00:00.250Z", [.lp: 571, .ln2: -30]),
        .imported(
            "a", at: "2026-11-23T12:00:01Z", [.lp: 1200],
            state: [.measuring, .over], start: "2026-11-23T07:00:00Z"),
        .imported("b-2", at: "1999-12-31T23:59:59.999Z", [.leq: 5], state: [.under]),
    ]

    @Test func `is CSV with a header, unit after unit, oldest first`() async throws {
        try await site(Self.frames).run { port async throws in
            let answer = try await port.get("/api/export")
            #expect(answer["content-type"] == "text/csv; charset=utf-8")
            #expect(answer["content-disposition"] == "attachment; filename=\"earshot.csv\"")
            #expect(
                answer.body == """
                    t,unit,lp,leq,lmax,lmin,lpeak,ln1,ln2,state,range,origin,start
                    2026-11-23T12:00:00.250Z,a,57.1,,,,,,-3.0,measuring,,imported,
                    2026-11-23T12:00:01.000Z,a,120.0,,,,,,,measuring,over,imported,2026-11-23T07:00:00.000Z
                    1999-12-31T23:59:59.999Z,b-2,,0.5,,,,,,stopped,under,imported,

                    """)
            #expect(answer["x-damaged-parts"] == "0")
        }
    }

    @Test func `is NDJSON`() async throws {
        try await site(Self.frames).run { port async throws in
            let answer = try await port.get("/api/export?format=ndjson&unit=a")
            #expect(answer["content-type"] == "application/x-ndjson")
            #expect(
                answer.body
                    == #"{"t":"2026-11-23T12:00:00.250Z","unit":"a","lp":57.1,"leq":null,"lmax":null,"#
                    + #""lmin":null,"lpeak":null,"ln1":null,"ln2":-3.0,"state":"measuring","#
                    + #""origin":"imported","start":null}"# + "\n"
                    + #"{"t":"2026-11-23T12:00:01.000Z","unit":"a","lp":120.0,"leq":null,"lmax":null,"#
                    + #""lmin":null,"lpeak":null,"ln1":null,"ln2":null,"state":"measuring","#
                    + #""range":"over","origin":"imported","start":"2026-11-23T07:00:00.000Z"}"# + "\n")
        }
    }

    @Test func `is records with their number and their units`() async throws {
        try await site(Self.frames).run { port async throws in
            let answer = try await port.get("/api/export?format=binary&units=b-2,a")
            #expect(answer["content-type"] == "application/vnd.earshot.frames")
            #expect(answer["x-unit-numbers"] == "1:b-2,2:a")
            #expect(answer["content-length"] == "\(16 + 3 * 28)")
            let none = Int16.min
            #expect(
                answer.bytes
                    == Record.batch([
                        Record(
                            time: Timestamp("1999-12-31T23:59:59.999Z").milliseconds, unit: 1,
                            state: 0, levels: [none, 5, none, none, none, none, none]),
                        Record(
                            time: Timestamp("2026-11-23T12:00:00.250Z").milliseconds, unit: 2,
                            levels: [571, none, none, none, none, none, -30]),
                        Record(
                            time: Timestamp("2026-11-23T12:00:01Z").milliseconds, unit: 2, state: 2,
                            levels: [1200, none, none, none, none, none, none]),
                    ]))
        }
    }

    @Test(arguments: [
        ("unit=a&unit=b-2&unit=a", 3), ("units=a,b-2", 3), ("unit=b-2", 1),
        ("from=2026-11-23T12:00:01Z", 1), ("to=2026-11-23T12:00:01Z", 2),
        ("from=2026-11-23T12:00:00Z&to=2026-11-23T12:00:01Z", 1), ("from=0&to=1", 0),
    ])
    func `keeps to units and range`(query: String, count: Int) async throws {
        try await site(Self.frames).run { port async throws in
            let answer = try await port.get("/api/export?\(query)")
            #expect(answer.body.split(separator: "\n").count == count + 1)
        }
    }

    @Test(arguments: [
        ("unit=nobody", 422), ("unit=%20", 400), ("units=a,,b-2", 400), ("unit=", 400),
        ("format=xml", 422), ("from=soon", 400), ("from=5&to=5", 422),
    ])
    func `says what is wrong with the request`(query: String, status: Int) async throws {
        try await site(Self.frames).run { port async throws in
            let answer = try await port.get("/api/export?\(query)")
            #expect(answer.status == status, "\(answer.body)")
        }
    }

    @Test func `of too many units as records is refused`() async throws {
        let site = site([])
        site.directory.set(
            (0...ExportQuery.unitsOfRecordsMaximum).map {
                Unit(id: UnitID("u\($0)")!, upstream: "north", upstreamUnit: "u\($0)")
            })
        try await site.run { port async throws in
            #expect(try await port.get("/api/export?format=binary").status == 422)
            #expect(try await port.get("/api/export?format=csv").status == 200)
        }
    }

    @Test func `needs a token`() async throws {
        try await site([]).run { port async throws in
            #expect(try await port.get("/api/export", fields: []).status == 401)
        }
    }

    @Test func `tells how many parts could not be read`() async throws {
        var site = site([])
        site.exported = FakeHistory(
            [.sample("a", at: "2026-11-23T15:00:00Z")],
            damage: [Damage(file: "s1", kind: "page", unit: "a", detail: "cannot be read")])
        try await site.run { port async throws in
            let answer = try await port.get("/api/export?unit=a")
            #expect(answer["trailer"] == "X-Damaged-Parts" && answer["x-damaged-parts"] == "1")
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `comes back whole by an import`(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let units: [UnitID] = ["a", "b-2"]
        var frames: [Frame] = []
        for unit in units {
            var time = Timestamp("2021-03-01T00:00:00Z").milliseconds
            var start: Timestamp?
            for _ in 0..<Int.random(in: 0...300, using: &random) {
                time += [1, 999, 1000, 86_399_999].randomElement(using: &random)!
                if Int.random(in: 0..<40, using: &random) == 0 {
                    start = [nil, Timestamp(milliseconds: time - 500)]
                        .randomElement(using: &random)!
                }
                frames.append(.random(unit, at: time, start: start, &random))
            }
        }
        for format in ["csv", "ndjson", "binary"] {
            let source = site(frames)
            let export = try await source.run { port async throws in
                try await port.get("/api/export?format=\(format)")
            }
            let target = site([])
            let numbers = export["x-unit-numbers"].map { "?units=\($0)" } ?? ""
            let type = export["content-type"]!
            try await target.run { port async throws in
                let answer = try await port.post(
                    "/api/import\(numbers)", type: type, export.bytes)
                #expect(
                    answer.body.hasPrefix(
                        "{\"accepted\":\(frames.count),\"duplicates\":0,\"conflicts\":0,"),
                    "\(format) \(answer.body.prefix(300))")
            }
            for unit in units {
                let back = target.frames.frames(of: unit)
                let sent = source.frames.frames(of: unit)
                #expect(back == (format == "binary" ? sent.map(\.asRecord) : sent), "\(format)")
            }
        }
    }
}

extension Frame {
    /// Any frame that a store may hold.
    fileprivate static func random(
        _ unit: UnitID, at time: Int64, start: Timestamp?, _ random: inout SplitMix64
    ) -> Frame {
        var levels = Levels()
        for metric in Metric.allCases where Int.random(in: 0..<8, using: &random) > 0 {
            levels[metric] = Level(tenths: .random(in: -500...2000, using: &random))
        }
        if levels == Levels() { levels[.lp] = Level(tenths: 0) }
        let state = FrameState(rawValue: .random(in: 0..<8, using: &random))
        return Frame(
            unit: unit, time: Timestamp(milliseconds: time), levels: levels,
            state: state.from(.imported),
            measurementStart: state.contains(.measuring) ? start : nil)
    }

    /// What is left of it in a record.
    fileprivate var asRecord: Frame {
        var frame = self
        frame.measurementStart = nil
        frame.state.remove(.under)
        if !frame.state.contains(.measuring) { frame.state.remove(.over) }
        return frame
    }
}
