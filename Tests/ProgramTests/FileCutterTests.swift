//  FileCutterTests.swift · ProgramTests
//
//  A file in parts: each is a body of its own, and together they are the file.

import Foundation
import Support
import Testing

@testable import earshot

@Suite struct `A file in parts` {
    private static let header = Array("\u{FEFF}unit, \"T\" ,lp\r\n".utf8)

    /// Three days of ten rows each, one of them blank.
    private static let csv =
        header
        + (0..<30).flatMap { row in
            Array("a,2026-11-2\(row / 10)T00:00:0\(row % 10)Z,5\(row % 10)\n".utf8)
                + (row == 15 ? Array(" \r\n".utf8) : [])
        }
    private static let ndjson = (0..<30).flatMap { row in
        Array("{\"lp\":50,\"t\" : \(1_790_035_200_000 + row / 10 * 86_400_000 + row)}\n".utf8)
    }
    private static let binary =
        FrameBatch.header(count: 30)
        + (0..<30).flatMap { row -> [UInt8] in
            let time = Int64(1_790_035_200_000 + row / 10 * 86_400_000 + row)
            return withUnsafeBytes(of: time.littleEndian) { Array($0) }
                + Array(repeating: UInt8(row), count: 20)
        }

    /// Reads from an array, at most seven bytes at once.
    private static func parts(
        _ format: FrameFormat, _ bytes: [UInt8], from start: Int = 0,
        bounds: FileCutter.Bounds = .init(leastBytes: 200, mostBytes: 400), beginning: Int = 5
    ) throws -> [FilePart] {
        var rest = bytes.dropFirst(beginning)
        var cutter = try FileCutter(
            format, beginning: Array(bytes.prefix(beginning)), from: start, bounds: bounds
        ) { count in
            defer { rest = rest.dropFirst(min(7, count)) }
            return Array(rest.prefix(min(7, count)))
        }
        var parts: [FilePart] = []
        while let part = try cutter.next() { parts.append(part) }
        return parts
    }

    @Test(arguments: [
        (FrameFormat.csv, csv, header.count), (.ndjson, ndjson, 0), (.binary, binary, 16),
    ])
    func `is whole, and ends its parts with a day`(
        format: FrameFormat, bytes: [UInt8], headerBytes: Int
    ) throws {
        let parts = try Self.parts(format, bytes)
        #expect(parts.map(\.rowCount) == [10, 10, 10])
        #expect(parts.last?.end == bytes.count)
        let rows = parts.flatMap { $0.body.dropFirst(headerBytes) }
        #expect(rows == Array(bytes.dropFirst(headerBytes)))
        for part in parts where format == .csv {
            #expect(part.body.starts(with: Self.header))
        }
        for part in parts where format == .binary {
            #expect(FrameBatch.count(part.body) == UInt32(part.rowCount))
        }
        // Going on behind the first part gives the others.
        #expect(try Self.parts(format, bytes, from: parts[0].end) == Array(parts[1...]))
        #expect(try Self.parts(format, bytes, from: bytes.count) == [])
    }

    @Test func `is cut inside a day when that has no end`() throws {
        let bounds = FileCutter.Bounds(leastBytes: 100, mostBytes: 120)
        for (format, bytes) in [(FrameFormat.csv, Self.csv), (.ndjson, Self.ndjson), (.binary, Self.binary)] {
            let parts = try Self.parts(format, bytes, bounds: bounds)
            #expect(parts.count > 5)
            #expect(parts.reduce(0) { $0 + $1.rowCount } == 30)
            #expect(parts.allSatisfy { $0.body.count <= 120 + Self.header.count })
        }
    }

    @Test(arguments: [
        (FrameFormat.csv, [], FileCutter.Fault.noHeader), (.csv, [10, 32, 10], .noHeader),
        (.binary, Array("ESFRAMES".utf8), .noHeader),
        (.binary, FrameBatch.header(count: 2), .wrongLength(announced: 2, found: 0)),
        (.binary, binary.dropLast(), .wrongLength(announced: 30, found: 29)),
        (.binary, binary + binary.suffix(28), .wrongLength(announced: 30, found: 31)),
        (.ndjson, Array(repeating: 65, count: 1000), .longLine),
    ] as [(FrameFormat, [UInt8], FileCutter.Fault)])
    func `says what is wrong with it`(
        format: FrameFormat, bytes: [UInt8], fault: FileCutter.Fault
    ) {
        #expect(throws: fault) { try Self.parts(format, bytes, beginning: 0) }
    }

    @Test func `may be a header only, or have no last line feed`() throws {
        #expect(try Self.parts(.csv, Array("t,lp".utf8)).isEmpty)
        #expect(try Self.parts(.binary, FrameBatch.header(count: 0)).isEmpty)
        let part = try Self.parts(.csv, Array("t,lp\n1,2\n3,4".utf8))
        #expect(part.map(\.rowCount) == [2])
        #expect(part[0].body == Array("t,lp\n1,2\n3,4".utf8))
    }

    @Test(arguments: [
        ("x.CSV", FrameFormat.csv), ("a.b.ndjson", .ndjson), ("a.jsonl", .ndjson),
        ("a.esframes", .binary), ("a.bin", .binary), ("a.txt", nil), ("-", nil),
    ])
    func `tells its format by its name`(name: String, format: FrameFormat?) {
        #expect(FrameFormat(name: name) == format)
    }

    @Test(arguments: [
        ("ESFRAMES", FrameFormat.binary), ("  {\"t\":", .ndjson), ("\u{FEFF}{", .ndjson),
        ("t,lp", .csv), ("", .csv),
    ])
    func `or by how it begins`(text: String, format: FrameFormat) {
        #expect(FrameFormat(beginning: Array(text.utf8)) == format)
    }
}

@Suite struct `The tally of an import` {
    @Test func `counts rows through all parts`() {
        var tally = ImportTally()
        var part = ImportTally()
        part.accepted = 3
        part.rejected = [.init(row: 2, reason: "x")]
        part.rejectedCount = 1
        tally.add(part, after: 0)
        tally.add(part, after: 100)
        #expect(tally.accepted == 6 && tally.rejectedCount == 2)
        #expect(tally.rejected.map(\.row) == [2, 102])
    }
}

@Suite struct `The progress of an import` {
    @Test func `counts for the same file, service and units only`() {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "earshot-import-\(UUID().uuidString).csv").path()
        defer { ImportProgress.remove(for: file) }
        let subject = ImportProgress.Subject(
            url: "http://127.0.0.1:8081", size: 100, changed: 7, format: "csv", unit: "a",
            units: nil)
        #expect(ImportProgress.read(for: file, subject) == nil)
        var progress = ImportProgress(subject: subject, offset: 50, rows: 3)
        progress.tally.rejected = [.init(row: 2, reason: "has no level")]
        #expect(progress.write(for: file))
        #expect(ImportProgress.read(for: file, subject) == progress)
        let others: [(inout ImportProgress.Subject) -> Void] = [
            { $0.url = "http://10.0.0.1:8081" }, { $0.size = 101 }, { $0.changed = 8 },
            { $0.format = "ndjson" }, { $0.unit = nil }, { $0.units = "1:a" },
        ]
        for change in others {
            var other = subject
            change(&other)
            #expect(ImportProgress.read(for: file, other) == nil)
        }
        ImportProgress.remove(for: file)
        #expect(ImportProgress.read(for: file, subject) == nil)
        #expect(!progress.write(for: "/nowhere/file"))
    }
}

@Suite struct `The progress bar` {
    @Test func `tells how far, how fast and how long`() {
        #expect(
            ProgressBar.line("importing", 0.5, 1_200_000, seconds: 2)
                == "importing [############------------]  50 %  1,200,000 frames, "
                + "600,000 a second, 0:02 left")
        #expect(
            ProgressBar.line("importing", 0, 0, seconds: 0)
                == "importing [------------------------]   0 %  0 frames")
        #expect(
            ProgressBar.line("exporting", nil, 12, seconds: 0.5) == "exporting  12 frames")
    }
}
