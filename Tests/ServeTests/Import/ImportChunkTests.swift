//  ImportChunkTests.swift · ServeTests
//
//  A body comes in chunks, cut anywhere: that never shows.

import Monitoring
import Support
import Testing

@testable import Serve

@Suite struct `A body in chunks` {
    private static let csv = Array(
        ("\u{FEFF}t,unit,lp,state\r\n2026-11-23T12:00:00.250Z,b-2,57.1,stopped\r\n\r\n"
            + "1795435201000,,\"57.2\",\n,x\nx,a,1,\n1795435202000,a,5.7e1,measuring").utf8)
    private static let ndjson = Array(
        ("{\"t\":1795435200000,\"lp\":57.1,\"unit\":\"b-2\"}\n\n[]\n"
            + "{\"t\":\"2026-11-23T12:00:00.250Z\",\"lp\":57.1}\r\n{\"\\u0074\":1795435200000,\"lp\":50}")
            .utf8)
    private static let records = Record.batch([Record(), Record(state: 9), Record(time: 1)])

    @Test(arguments: [
        (ImportQuery.Format.csv, csv), (.ndjson, ndjson), (.records, records),
    ])
    func `is the same wherever it is cut in two`(format: ImportQuery.Format, bytes: [UInt8]) {
        let whole = ImportRun(format, [bytes])
        #expect(!whole.frames.isEmpty && !whole.rejected.isEmpty && whole.problem == nil)
        for place in 0...bytes.count {
            let run = ImportRun(format, [Array(bytes[..<place]), Array(bytes[place...])])
            #expect(run.frames == whole.frames && run.rejected == whole.rejected, "at \(place)")
        }
        let single = ImportRun(format, bytes.map { [$0] })
        #expect(single.frames == whole.frames && single.rejected == whole.rejected)
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `that is garbled is read the same wherever it is cut`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for (format, bytes) in [
            (ImportQuery.Format.csv, Self.csv), (.ndjson, Self.ndjson), (.records, Self.records),
        ] {
            var bytes = bytes
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = .random(in: .min ... .max, using: &random)
                case 1: bytes[place] = Array("\",\n\r{}:e-.\\".utf8).randomElement(using: &random)!
                case 2: bytes.remove(at: place)
                default: bytes.insert(contentsOf: bytes[place...].prefix(9), at: place)
                }
            }
            let whole = ImportRun(format, [bytes])
            var chunks: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                chunks.append(Array(rest.prefix(.random(in: 1...40, using: &random))))
                rest = rest.dropFirst(chunks.last!.count)
            }
            let cut = ImportRun(format, chunks)
            #expect(cut.problem?.status == whole.problem?.status)
            guard whole.problem == nil else { continue }
            #expect(cut.frames == whole.frames && cut.rejected == whole.rejected)
        }
    }

    private let times = TimeRange(start: "2020-01-01T00:00:00Z", end: "2030-01-01T00:00:00Z")!
    private let bounds = ImportIntake.Bounds(laneFrames: 100, waitingFrames: 1000)

    private func take(_ index: Int, _ lane: Int, _ intake: ImportIntake) {
        let levels: [Int16] = [1, 2, 3, 4, 5, 6, 7]
        levels.withUnsafeBytes {
            let row = ImportRow(
                time: times.start.milliseconds + Int64(index) * 1000, levels: $0.baseAddress!,
                state: 1, start: Int64(index / 10))
            intake.take(row, number: 1, lane: lane)
        }
    }

    @Test func `never waits in memory as a whole`() {
        let intake = ImportIntake(times: times, bounds: bounds)
        let lanes = (0..<300).map { intake.addLane(of: UnitID("u\($0)")!) }
        var handed = 0
        var most = 0
        for second in 0..<50 {
            for lane in lanes { take(second, lane, intake) }
            most = max(most, intake.lanes.reduce(0) { $0 + $1.count })
            if intake.isFull { handed += intake.drain().reduce(0) { $0 + $1.frames.count } }
        }
        handed += intake.drain(everything: true).reduce(0) { $0 + $1.frames.count }
        #expect(handed == 50 * 300)
        #expect(most < bounds.waitingFrames + 300)
    }

    @Test func `of one unit leaves in batches, one lane at a time`() {
        let intake = ImportIntake(times: times, bounds: bounds)
        let (a, b) = (intake.addLane(of: "a"), intake.addLane(of: "b"))
        for index in 0..<bounds.laneFrames {
            #expect(!intake.isFull)
            take(index, a, intake)
            if index == 0 { take(index, b, intake) }
        }
        #expect(intake.isFull)
        let drained = intake.drain()
        #expect(drained.map(\.unit) == ["a"])
        #expect(drained[0].frames.count == bounds.laneFrames)
        #expect(drained[0].frames.runs.count == 10)
        #expect(!intake.isFull)
        #expect(intake.drain(everything: true).map(\.unit) == ["b"])
    }
}
