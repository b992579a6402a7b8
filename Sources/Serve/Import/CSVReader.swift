//  CSVReader.swift · Serve
//
//  `text/csv` (RFC 4180) with a header that names the columns. A row is a line: no value of a frame
//  has a line feed in it. Blank lines are no rows.

import HTTPTypes
import Monitoring

/// Reads frames as CSV.
struct CSVReader: FrameReader {
    typealias Bytes = UnsafeRawBufferPointer

    private let intake: ImportIntake
    private var lines = LineCutter()
    private var row: RowBuilder
    /// `nil` before the header.
    private var columns: [FrameField]?
    private var number = 0

    init(units: ImportUnits, intake: ImportIntake) {
        self.intake = intake
        row = RowBuilder(units: units, intake: intake)
    }

    mutating func read(_ chunk: Bytes) throws(Problem) {
        var lines = lines
        try lines.cut(chunk) { line throws(Problem) in try take(line) }
        self.lines = lines
    }

    mutating func finish() throws(Problem) {
        var lines = lines
        try lines.finish { line throws(Problem) in try take(line) }
        guard columns != nil else { throw .csv("has no header") }
    }

    private mutating func take(_ line: LineCutter.Line) throws(Problem) {
        guard let columns else { return try readHeader(line) }
        switch line {
        case .whole(let bytes):
            guard !bytes.isBlank else { return }
            number += 1
            readRow(bytes, columns)
        case .tooLong:
            number += 1
            intake.reject(number, "is longer than \(LineCutter.lineBytes) bytes")
        }
    }
}

// MARK: - Header

extension CSVReader {
    private mutating func readHeader(_ line: LineCutter.Line) throws(Problem) {
        guard case .whole(var bytes) = line else { throw .csv("has no header, or a too long one") }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        if bytes.starts(with: mark) { bytes = Bytes(rebasing: bytes[3...]) }
        guard !bytes.isBlank else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        var found: [FrameField] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            var name = part.lowercased().filter { $0 != " " && $0 != "\t" }
            if name.count > 1, name.first == "\"", name.last == "\"" {
                name = String(name.dropFirst().dropLast())
            }
            let field = name.utf8.withContiguousStorageIfAvailable { FrameField(Bytes($0)) }
            guard let field = field ?? nil else {
                let known = "there are \(FrameField.names)"
                throw .csv("has a column \"\(name.prefix(40))\"; \(known)")
            }
            guard !found.contains(field) else { throw .csv("has the column \(name) twice") }
            found.append(field)
        }
        for needed in [FrameField.t, .level(0)] where !found.contains(needed) {
            throw .csv("has no column \(needed.name)")
        }
        guard found.contains(.unit) || row.hasFallback else {
            throw .csv("has no column unit, and the query names no unit either")
        }
        columns = found
    }
}

// MARK: - Rows

extension CSVReader {
    private mutating func readRow(_ line: Bytes, _ columns: [FrameField]) {
        row.begin()
        var at = 0
        for column in columns {
            // `at` is one past the end when the line has fewer fields.
            guard at <= line.count else { return rejectCount(line, columns.count) }
            let begin = at
            var hasQuote = false
            while at < line.count, line[at] != UInt8(ascii: ",") {
                if line[at] == UInt8(ascii: "\"") {
                    hasQuote = true
                    break
                }
                at += 1
            }
            let fault: String?
            if hasQuote {
                guard let (text, end) = CSVReader.quoted(line, begin) else {
                    return intake.reject(number, "has a quote that is not closed, or stands alone")
                }
                at = end
                fault = text.withUnsafeBytes { set(column, $0) }
            } else {
                fault = set(column, Bytes(rebasing: line[begin..<at]))
            }
            if let fault { return intake.reject(number, fault) }
            at += 1
        }
        guard at == line.count + 1 else { return rejectCount(line, columns.count) }
        row.end(number)
    }

    @inline(__always)
    private mutating func set(_ column: FrameField, _ text: Bytes) -> String? {
        var text = text
        while let first = text.first, first == 0x20 || first == 0x09 {
            text = Bytes(rebasing: text.dropFirst())
        }
        while let last = text.last, last == 0x20 || last == 0x09 {
            text = Bytes(rebasing: text.dropLast())
        }
        return text.isEmpty ? nil : row.set(column, text)
    }

    private func rejectCount(_ line: Bytes, _ wanted: Int) {
        let fields = line.count { $0 == UInt8(ascii: ",") } + 1
        intake.reject(number, "has \(fields) fields, and the header \(wanted)")
    }

    /// The text of the quoted field that begins at `start`, blanks before it aside, and where its
    /// comma or the end of the line is. `nil` when it is not one.
    private static func quoted(_ line: Bytes, _ start: Int) -> (text: [UInt8], end: Int)? {
        var at = start
        while at < line.count, line[at] == 0x20 || line[at] == 0x09 { at += 1 }
        guard at < line.count, line[at] == UInt8(ascii: "\"") else { return nil }
        at += 1
        var text: [UInt8] = []
        while at < line.count {
            if line[at] == UInt8(ascii: "\"") {
                guard at + 1 < line.count, line[at + 1] == UInt8(ascii: "\"") else { break }
                at += 1
            }
            text.append(line[at])
            at += 1
        }
        guard at < line.count else { return nil }
        at += 1
        while at < line.count, line[at] == 0x20 || line[at] == 0x09 { at += 1 }
        guard at == line.count || line[at] == UInt8(ascii: ",") else { return nil }
        return (text, at)
    }
}

extension UnsafeRawBufferPointer {
    /// Nothing but blanks and tabs.
    var isBlank: Bool { allSatisfy { $0 == 0x20 || $0 == 0x09 } }
}

extension Problem {
    fileprivate static func csv(_ what: String) -> Problem {
        Problem(status: .badRequest, detail: "The CSV \(what).")
    }
}
