//  ImportTextTests.swift · ServeTests
//
//  Readers of imports, row by row: what goes in, and what is refused for which reason.

import HTTPTypes
import Monitoring
import Support
import Testing

@testable import Serve

/// Reads a body that comes in the given chunks, as the route does.
struct ImportRun {
    var frames: [Frame] = []
    var rejected: [String] = []
    var rejectedCount = 0
    var problem: Problem?

    init(
        _ format: ImportQuery.Format, _ chunks: [[UInt8]], unit: UnitID? = "a",
        numbers: [UInt16: UnitID] = [:], length: Int? = nil
    ) {
        let times = TimeRange(start: "2020-01-01T00:00:00Z", end: "2030-01-01T00:00:00Z")!
        let intake = ImportIntake(times: times)
        var units = ImportUnits(known: ["a", "b-2", "n@host:1"], unit: unit, intake: intake)
        var reader: any FrameReader =
            switch format {
            case .csv: CSVReader(units: units, intake: intake)
            case .ndjson: NDJSONReader(units: units, intake: intake)
            case .records:
                if let lane = units.fallback {
                    RecordReader(owner: .lane(lane), length: length, intake: intake)
                } else {
                    RecordReader(
                        owner: .lanes(units.lanes(of: numbers)), length: length,
                        intake: intake)
                }
            }
        do throws(Problem) {
            for chunk in chunks {
                try chunk.withUnsafeBufferPointer { bytes throws(Problem) in
                    try reader.read(UnsafeRawBufferPointer(bytes))
                }
                if intake.isFull { frames += intake.drain().flatMap { $1.frames(of: $0) } }
            }
            try reader.finish()
        } catch {
            problem = error
        }
        frames += intake.drain(everything: true).flatMap { $1.frames(of: $0) }
        rejected = intake.report.named.map { "\($0.row): \($0.reason)" }
        rejectedCount = intake.report.count
    }

    init(_ format: ImportQuery.Format, _ text: String, unit: UnitID? = "a") {
        self.init(format, [Array(text.utf8)], unit: unit)
    }
}

private let noon = "2026-11-23T12:00:00Z"
private let header = "t,unit,lp,leq,lmax,lmin,lpeak,ln1,ln2,state,start\n"

@Suite struct `CSV rows` {
    @Test func `become frames of their unit, imported`() {
        let run = ImportRun(
            .csv,
            header
                + "2026-11-23T12:00:00.250Z,b-2,57.1,56,70.5,41.2,88.8,66.6,-3.0,measuring,"
                + "2026-11-23T07:00:00Z\n"
                + "1795435201000,,57.2,,,,,,,stopped,\n")
        var levels = Levels()
        for (metric, tenths) in zip(Metric.allCases, [571, 560, 705, 412, 888, 666, -30]) {
            levels[metric] = Level(tenths: Int16(tenths))
        }
        #expect(run.rejected == [])
        #expect(
            run.frames.contains(
                Frame(
                    unit: "b-2", time: "2026-11-23T12:00:00.250Z", levels: levels,
                    state: FrameState.measuring.from(.imported),
                    measurementStart: "2026-11-23T07:00:00Z")))
        let other = run.frames.first { $0.unit == "a" }
        #expect(other?.time == Timestamp(milliseconds: 1_795_435_201_000))
        #expect(other?.state == FrameState([]).from(.imported))
        #expect(other?.levels[.lp] == Level(tenths: 572))
        #expect(other?.levels[.leq] == nil)
    }

    @Test(arguments: [
        ("57.1", 571), ("57", 570), ("-3.0", -30), ("-50", -500), ("200.0", 2000), ("0", 0),
        ("57.14", 571), ("57.15", 572), ("-57.15", nil), ("-3.15", -32), ("57.099999999999994", 571),
        ("5.71e1", 571), ("5.71E+1", 571), ("571e-1", 571), ("+57.1", 571), (" 57.1\t", 571),
        ("\"57.1\"", 571), ("057.1", 571), ("199.96", 2000), ("200.05", nil), ("-50.1", nil),
        ("3276.8", nil), ("-3276.8", nil), ("1e999", nil), ("99999999999999999999", nil),
        ("nan", nil), ("inf", nil), ("0x1p3", nil), ("57,1", nil), ("57.", nil), (".5", nil),
        ("-.-", nil), ("-", nil), ("5 7", nil), ("null", nil), ("57.1 dB", nil), ("５７", nil),
        ("1e", nil), ("--1", nil),
    ] as [(String, Int16?)])
    func `have levels as decimal numbers, to the nearest tenth`(text: String, tenths: Int16?) {
        let run = ImportRun(.csv, "t,lp\n\(noon),\(text)\n")
        #expect(run.frames.map { $0.levels[.lp]?.tenths } == (tenths.map { [$0] } ?? []))
        #expect(run.rejected.count == (tenths == nil ? 1 : 0))
        #expect(run.rejected.allSatisfy { $0.hasPrefix("1: ") })
    }

    @Test(arguments: [
        ("2026-11-23T12:00:00Z", "2026-11-23T12:00:00Z"),
        ("2026-11-23T12:00:00.5Z", "2026-11-23T12:00:00.500Z"),
        ("2026-11-23T12:00:00.123456Z", "2026-11-23T12:00:00.123Z"),
        ("2026-11-23t12:00:00z", "2026-11-23T12:00:00Z"),
        ("2026-11-23 12:00:00Z", "2026-11-23T12:00:00Z"),
        ("2026-11-23T13:00:00+01:00", "2026-11-23T12:00:00Z"),
        ("2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.999Z"),
        ("1795435200000", "2026-11-23T12:00:00Z"), ("1.7954352e12", "2026-11-23T12:00:00Z"),
        ("\"2026-11-23T12:00:00Z\"", "2026-11-23T12:00:00Z"),
        ("2026-02-29T12:00:00Z", nil), ("2026-11-23T24:00:00Z", nil),
        ("2026-11-23T12:60:00Z", nil), ("2026-11-23T12:00:60Z", nil),
        ("2026-13-23T12:00:00.000Z", nil), ("2026-11-23T12:00:00", nil),
        ("2026-11-23T12:00:00.Z", nil), ("2026-11-23T12:0a:00.000Z", nil), ("2026-11-23", nil),
        ("yesterday", nil), ("1795435200000.5", nil), ("999999999999999999999", nil),
        ("2019-12-31T23:59:59.999Z", nil), ("2030-01-01T00:00:00Z", nil), ("0", nil),
        ("-1", nil), ("nan", nil), ("1e300", nil),
    ] as [(String, Timestamp?)])
    func `have times as RFC 3339 or Unix milliseconds`(text: String, time: Timestamp?) {
        let run = ImportRun(.csv, "t,lp\n\(text),50\n")
        #expect(run.frames.map(\.time) == (time.map { [$0] } ?? []))
        #expect(run.rejectedCount == (time == nil ? 1 : 0))
    }

    @Test(arguments: [
        ("t,lp\n\(noon),50,1\n", ["1: has 3 fields, and the header 2"]),
        ("t,lp\n\(noon)\n", ["1: has 1 fields, and the header 2"]),
        ("t,lp\n,50\n", ["1: t is missing"]),
        ("t,lp\n\(noon),\n", ["1: has no level"]),
        ("t,lp,leq\n\(noon),,50\n", []),
        ("t,lp,state\n\(noon),50,paused\n", ["1: state is neither measuring nor stopped"]),
        ("t,lp,state\n\(noon),50,\n", []),
        ("t,lp,range\n\(noon),50,over under\n", []),
        ("t,lp,range\n\(noon),50,high\n", ["1: range is none of over, under and \"over under\""]),
        ("t,lp,origin\n\(noon),50,anything\n", []),
        ("t,lp,start\n\(noon),50,noon\n", ["1: start is not a time: RFC 3339 or Unix milliseconds"]),
        ("t,unit,lp\n\(noon),nobody,50\n", ["1: unit nobody is not known; provision it first"]),
        ("t,unit,lp\n\(noon),a b,50\n", ["1: unit \(UnitLookup.rule)"]),
        ("t,unit,lp\n\(noon),n@host:1,50\n", []),
        ("t,lp\n\(noon),\"50\n", ["1: has a quote that is not closed, or stands alone"]),
        ("t,lp\n\(noon),\"5\"0\n", ["1: has a quote that is not closed, or stands alone"]),
        ("t,lp\n\(noon),\"\"\"50\"\n", ["1: lp is not a number"]),
        ("t,lp\n\(noon),300\n", ["1: lp is beyond -50 to 200 dB"]),
        (
            "t,lp\n2010-01-01T00:00:00Z,50\n",
            ["1: t is before 2020-01-01T00:00:00.000Z, the oldest time that is kept"]
        ),
        ("t,lp\n\n\(noon),50\n  \n\n,50\n", ["2: t is missing"]),
        ("t,lp\r\n\(noon),50\r\n\r\n\(noon),x\r\n", ["2: lp is not a number"]),
        ("t,lp\n\(noon),x", ["1: lp is not a number"]),
        ("\u{FEFF}t,lp\n\(noon),50", []),
        (" \"T\" , LP \n\(noon),50\n", []),
    ])
    func `are refused by their number with a reason`(text: String, rejected: [String]) {
        let run = ImportRun(.csv, text)
        #expect(run.problem == nil)
        #expect(run.rejected == rejected)
    }

    @Test(arguments: [
        ("", "has no header"), ("\n\n", "has no header"), ("t,leq\n", "has no column lp"),
        ("lp\n", "has no column t"), ("t,lp,lp\n", "has the column lp twice"),
        ("t,lp,colour\n", "has a column \"colour\""), ("t;lp\n", "has a column \"t;lp\""),
        ("t,lp,\n", "has a column \"\""),
        (String(repeating: "x", count: 5000) + "\n", "too long"),
    ])
    func `need a header`(text: String, words: String) {
        let problem = ImportRun(.csv, text).problem
        #expect(problem?.status == .badRequest)
        #expect(problem?.detail.contains(words) == true, "\(problem?.detail ?? "none")")
    }

    @Test func `need a unit from the query or a column`() {
        #expect(ImportRun(.csv, "t,lp\n", unit: nil).problem?.detail.contains("unit") == true)
        let run = ImportRun(.csv, "t,unit,lp\n\(noon),b-2,50\n\(noon),,50\n", unit: nil)
        #expect(run.frames.map(\.unit) == ["b-2"])
        #expect(run.rejected == ["2: names no unit, and neither does the query"])
    }

    @Test func `that are endless cost themselves only`() {
        let long = String(repeating: "5", count: 10_000_000)
        let run = ImportRun(.csv, "t,lp\n\(noon),50\n\(noon),\(long)\n2026-11-23T12:00:01Z,51\n")
        #expect(run.frames.count == 2)
        #expect(run.rejected == ["2: is longer than 4096 bytes"])
    }

    @Test func `are named up to a thousand, and all counted`() {
        let rows = (1...2500).map { _ in "x,50\n" }.joined()
        let run = ImportRun(.csv, "t,lp\n" + rows)
        #expect(run.rejected.count == 1000 && run.rejectedCount == 2500)
        #expect(run.rejected.last == "1000: t is not a time: RFC 3339 or Unix milliseconds")
    }

    @Test func `may go back in time and repeat themselves`() {
        let seconds = [5, 3, 3, 9, 5, 5, 1]
        let rows = seconds.map { "2026-11-23T12:00:0\($0)Z,5\($0)\n" }.joined()
        let run = ImportRun(.csv, "t,lp\n" + rows)
        let times = run.frames.map { $0.time.milliseconds / 1000 % 10 }
        #expect(times == [1, 3, 5, 9, 3, 5, 5])
    }
}

@Suite struct `NDJSON rows` {
    @Test(arguments: [
        #"{"t":"2026-11-23T12:00:00Z","lp":57.1}"#,
        #"  { "t" : 1795435200000 , "lp" : 57.1 , "leq" : null }  "#,
        #"{"lp":5.71e1,"t":"2026-11-23T12:00:00.000Z","unit":"a","state":"measuring","start":null}"#,
        #"{"t":1.7954352e12,"lp":57.1,"origin":"live","range":null}"#,
        #"{"\u0074":"2026-11-23T12\u003a00:00Z","lp":57.1,"state":""}"#,
        "\u{FEFF}" + #"{"t":1795435200000,"lp":57.1}"#,
        "\t" + #"{"t":1795435200000,"# + "\t" + #""lp":57.1}"# + "\r",
    ])
    func `become frames, however they are written`(line: String) {
        let run = ImportRun(.ndjson, line + "\n")
        #expect(run.rejected == [])
        #expect(
            run.frames == [
                .imported("a", at: "2026-11-23T12:00:00Z", [.lp: 571])
            ])
    }

    @Test(arguments: [
        (#"{"lp":50}"#, "t is missing"), (#"{}"#, "t is missing"),
        (#"{"t":1795435200000}"#, "has no level"),
        (#"{"t":1795435200000,"lp":null}"#, "has no level"),
        (#"{"t":1795435200000,"lp":"50"}"#, "lp is not a number"),
        (#"{"t":1795435200000,"lp":true}"#, "lp is not a number"),
        (#"{"t":1795435200000,"lp":[50]}"#, "lp is not a number"),
        (#"{"t":1795435200000,"lp":500}"#, "lp is beyond -50 to 200 dB"),
        (#"{"t":1795435200000,"lp":1e4}"#, "lp is beyond -50 to 200 dB"),
        (#"{"t":1795435200000,"lp":50,"lp":50}"#, "has lp more than once"),
        (#"{"t":1795435200000,"lp":50,"lq":50}"#, "has \"lq\"; there are \(FrameField.names)"),
        (#"{"t":1795435200000,"lp":50,"unit":7}"#, "unit is not a text"),
        (#"{"t":1795435200000,"lp":50,"unit":"zz"}"#, "unit zz is not known; provision it first"),
        (#"{"t":1795435200000,"lp":50,"state":"on"}"#, "state is neither measuring nor stopped"),
        (#"{"t":"soon","lp":50}"#, "t is not a time: RFC 3339 or Unix milliseconds"),
        (#"{"t":1795435200000,"lp":50"#, "is not JSON, from its byte 26 on"),
        (#"{"t":1795435200000,"lp":+50}"#, "is not JSON, from its byte 24 on"),
        (#"{"t":1795435200000,"lp":050}"#, "is not JSON, from its byte 25 on"),
        (#"{"t":1795435200000,"lp":50} x"#, "is not JSON, from its byte 28 on"),
        (#"[1795435200000,50]"#, "is not a JSON object"), (#"null"#, "is not a JSON object"),
        (#"{"t":\#(String(repeating: "[", count: 40))"#, "is nested too deep"),
    ])
    func `are refused with a reason`(line: String, reason: String) {
        let run = ImportRun(.ndjson, "\n" + line + "\n{\"t\":1795435200000,\"lp\":50}\n")
        #expect(run.rejected == ["1: \(reason)"])
        #expect(run.frames.count == 1)
    }

    @Test func `must be UTF-8`() {
        let line = Array("{\"t\":1795435200000,\"lp\":50,\"origin\":\"".utf8) + [0xFF, 0x22, 0x7D]
        #expect(ImportRun(.ndjson, [line]).rejected == ["1: is not UTF-8"])
    }

    @Test func `that are endless cost themselves only`() {
        let long = String(repeating: " ", count: 9_000)
        let run = ImportRun(.ndjson, "{\"t\":1795435200000,\"lp\":50}\n{\(long)\n")
        #expect(run.rejected == ["2: is longer than 4096 bytes"] && run.frames.count == 1)
    }

    @Test func `may be none`() {
        let run = ImportRun(.ndjson, "")
        #expect(run.problem == nil && run.frames == [] && run.rejected == [])
    }
}

extension Frame {
    /// A measured frame as an import brings it.
    static func imported(
        _ unit: UnitID, at time: Timestamp, _ tenths: [Metric: Int16],
        state: FrameState = .measuring, start: Timestamp? = nil
    ) -> Frame {
        var levels = Levels()
        for (metric, value) in tenths { levels[metric] = Level(tenths: value) }
        return Frame(
            unit: unit, time: time, levels: levels, state: state.from(.imported),
            measurementStart: start)
    }
}
