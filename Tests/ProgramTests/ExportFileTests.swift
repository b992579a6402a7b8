//  ExportFileTests.swift · ProgramTests
//
//  Going on with the file of an export, wherever it was interrupted.

import Foundation
import Testing

@testable import earshot

@Suite struct `The file of an export` {
    private let path = FileManager.default.temporaryDirectory
        .appending(path: "earshot-export-\(UUID().uuidString)").path()

    private static let rows: [String: [String]] = [
        "a": (0..<5).map { "2026-11-23T12:00:0\($0).250Z,a,50.0,,,,,,,measuring,,live," },
        "b": (0..<3).map { "2026-11-23T12:00:0\($0).000Z,b,51.0,,,,,,,stopped,,late," },
    ]

    private static func lines(_ unit: String) -> [String] {
        guard unit == "b" else {
            return (0..<5).map {
                #"{"t":"2026-11-23T12:00:0\#($0).250Z","unit":"a","lp":50.0,"start":null}"#
            }
        }
        return (0..<3).map { #"{"t":"2026-11-23T12:00:0\#($0).000Z","unit":"b","lp":51.0}"# }
    }

    private static func records(_ unit: String) -> [[UInt8]] {
        let base: Int64 = 1_795_435_200_000 + (unit == "a" ? 250 : 0)
        return (0..<(unit == "a" ? 5 : 3)).map { index in
            let time = base + Int64(index) * 1000
            return withUnsafeBytes(of: time.littleEndian) { Array($0) } + [1, 0]
                + Array(repeating: UInt8(index), count: 18)
        }
    }

    /// The service's answer for one unit, from a time on.
    private static func answer(_ format: FrameFormat, _ unit: String, from: String?) -> [UInt8] {
        let start = from.map { Int64($0)! } ?? 0
        let offset: Int64 = 1_795_435_200_000 + (unit == "a" ? 250 : 0)
        func isIn(_ index: Int) -> Bool { offset + Int64(index) * 1000 >= start }
        switch format {
        case .csv:
            let rows = rows[unit]!.enumerated().filter { isIn($0.offset) }.map { $0.element + "\n" }
            return ExportFile.header + Array(rows.joined().utf8)
        case .ndjson:
            let rows = lines(unit).enumerated().filter { isIn($0.offset) }
            return Array(rows.map { $0.element + "\n" }.joined().utf8)
        case .binary:
            let rows = records(unit).enumerated().filter { isIn($0.offset) }.map(\.element)
            return FrameBatch.header(count: UInt32(rows.count)) + rows.flatMap(\.self)
        }
    }

    private func export(_ format: FrameFormat, resumes: Bool, chunk: Int = 11) throws -> ExportFile {
        let units = ["a", "b"]
        let file = try ExportFile(path, format, units: units, resumes: resumes)
        for (index, unit) in units.enumerated().dropFirst(file.firstUnit) {
            file.begin(unit: index)
            let bytes = Self.answer(format, unit, from: file.start(of: index))
            for begin in stride(from: 0, to: bytes.count, by: chunk) {
                try file.write(Array(bytes[begin..<min(begin + chunk, bytes.count)]))
            }
            try file.endUnit()
        }
        try file.finish()
        return file
    }

    @Test(arguments: FrameFormat.allCases)
    func `is the same wherever it was interrupted`(format: FrameFormat) throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let url = URL(filePath: path)
        let file = try export(format, resumes: false)
        #expect(file.rows == 8 && file.newRows == 8)
        let whole = try Data(contentsOf: url)
        if format == .binary {
            #expect(FrameBatch.count(whole) == 8)
            #expect(whole[16 + 8] == 1 && whole[16 + 7 * 28 + 8] == 2)
        }
        for length in 0...whole.count {
            try whole.prefix(length).write(to: url)
            let file = try export(format, resumes: true)
            #expect(file.rows == 8)
            #expect(try Data(contentsOf: url) == whole, "cut at \(length)")
        }
    }

    @Test func `is not written over`() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("precious".utf8).write(to: URL(filePath: path))
        for resumes in [false, true] {
            for format in FrameFormat.allCases {
                let failure = #expect(throws: Failure.self) {
                    _ = try ExportFile(path, format, units: ["a"], resumes: resumes)
                }
                #expect(failure?.code == .usage)
            }
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test func `of other units is not gone on with`() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try export(.csv, resumes: false)
        #expect(throws: Failure.self) {
            _ = try ExportFile(path, .csv, units: ["c"], resumes: true)
        }
    }
}
