//  ImportRecordTests.swift · ServeTests
//
//  The binary batch, byte by byte.

import HTTPTypes
import Monitoring
import Support
import Testing

@testable import Serve

/// A record of the binary batch, as somebody else would write it.
struct Record {
    var time: Int64 = Timestamp("2026-11-23T12:00:00Z").milliseconds
    var unit: UInt16 = 1
    var state: UInt8 = 1
    var spare: UInt8 = 0
    var levels: [Int16] = [571, 560, 705, 412, 888, 666, 600]
    var end: Int16 = 0

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        func add(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
        }
        add(time)
        add(unit)
        add(state)
        add(spare)
        for level in levels { add(level) }
        add(end)
        return bytes
    }

    static func batch(
        _ records: [Record], version: UInt32 = 1, count: UInt32? = nil, magic: String = "ESFRAMES"
    ) -> [UInt8] {
        var bytes = Array(magic.utf8)
        for number in [version, count ?? UInt32(records.count)] {
            withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
        }
        return bytes + records.flatMap(\.bytes)
    }
}

@Suite struct `Records` {
    @Test(arguments: [(0, []), (1, .measuring), (2, [.measuring, .over])] as [(UInt8, FrameState)])
    func `become frames`(state: UInt8, flags: FrameState) {
        var record = Record(state: state)
        record.levels[6] = .min
        let run = ImportRun(.records, [Record.batch([record])])
        #expect(record.bytes.count == 28)
        #expect(
            run.frames == [
                .imported(
                    "a", at: "2026-11-23T12:00:00Z",
                    [.lp: 571, .leq: 560, .lmax: 705, .lmin: 412, .lpeak: 888, .ln1: 666],
                    state: flags)
            ])
        #expect(run.rejected == [] && run.problem == nil)
    }

    @Test(arguments: [
        (Record(state: 3), "state is 3; there are 0, 1 and 2"),
        (Record(spare: 1), "has something else than 0 in its spare bytes"),
        (Record(end: -1), "has something else than 0 in its spare bytes"),
        (Record(levels: [571, 560, 2001, 412, 888, 666, 600]), "lmax is beyond -50 to 200 dB"),
        (Record(levels: [-501, 560, 700, 412, 888, 666, 600]), "lp is beyond -50 to 200 dB"),
        (Record(levels: Array(repeating: .min, count: 7)), "has no level"),
        (Record(unit: 3), "unit 3 is none that the query names"),
        (
            Record(time: 0),
            "t is before 2020-01-01T00:00:00.000Z, the oldest time that is kept"
        ),
        (
            Record(time: .max),
            "t is at or after 2030-01-01T00:00:00.000Z, which is too far ahead"
        ),
        (
            Record(time: .min),
            "t is before 2020-01-01T00:00:00.000Z, the oldest time that is kept"
        ),
    ])
    func `are refused by their number with a reason`(record: Record, reason: String) {
        var last = Record(unit: 2)
        last.time += 1000
        let run = ImportRun(
            .records, [Record.batch([Record(), record, last])], unit: nil,
            numbers: [1: "a", 2: "b-2"])
        #expect(run.rejected == ["2: \(reason)"])
        #expect(run.frames.map(\.unit) == ["a", "b-2"])
    }

    @Test func `of one unit have one number, whichever`() {
        let run = ImportRun(
            .records, [Record.batch([Record(unit: 9), Record(unit: 8), Record(time: 1, unit: 9)])])
        #expect(run.frames.count == 1)
        #expect(run.rejected.first == "2: unit 8 is none that the query names")
    }

    @Test(arguments: [
        ([], "is shorter than its header"),
        (Array("ESFRAME".utf8), "is shorter than its header"),
        (Record.batch([], magic: "ESFRAMEZ"), "does not begin with ESFRAMES"),
        (Record.batch([], version: 2), "is of version 2; 1 is known"),
        (Record.batch([Record()], count: 2), "has 1 records, and says that there are 2"),
        (Record.batch([Record(), Record()], count: 1), "has more than the 1 records"),
        (Record.batch([Record()]) + [0], "has more than the 1 records"),
        (Record.batch([Record()]).dropLast(), "ends inside record 1"),
        (Record.batch([Record(), Record()]).dropLast(28), "has 1 records"),
    ] as [([UInt8], String)])
    func `are taken only as the whole that they say they are`(bytes: [UInt8], words: String) {
        for size in [1, 7, 28, 1000] {
            let chunks = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min($0 + size, bytes.count)])
            }
            let problem = ImportRun(.records, chunks).problem
            // A byte too many is seen as one of a record that is not announced, or that has no end.
            let isOne = problem?.detail.contains(words) == true
            let ends = problem?.detail.contains("ends inside record") == true
            #expect(problem?.status == .badRequest && (isOne || ends), "\(problem?.detail ?? "")")
        }
    }

    @Test func `are refused at once when their count is not their length`() {
        let batch = Record.batch([Record()], count: 5)
        let run = ImportRun(.records, [Array(batch.prefix(16))], length: batch.count)
        #expect(run.problem?.detail.contains("which is not its length") == true)
    }
}
