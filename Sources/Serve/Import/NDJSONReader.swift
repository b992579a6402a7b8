//  NDJSONReader.swift · Serve
//
//  `application/x-ndjson`: an object a line. Lines of the usual shape, without escapes, are read byte
//  by byte; whatever is unusual goes to the general reader, which knows all of JSON.

import JSON
import Monitoring

/// Reads frames as lines of JSON.
struct NDJSONReader: FrameReader {
    typealias Bytes = UnsafeRawBufferPointer

    private let intake: ImportIntake
    private var lines = LineCutter()
    private var row: RowBuilder
    private var number = 0

    /// What became of a line.
    private enum Outcome {
        case done
        case refused(String)
        /// Not of the usual shape.
        case unusual
    }

    init(units: ImportUnits, intake: ImportIntake) {
        self.intake = intake
        row = RowBuilder(units: units, intake: intake)
    }

    mutating func read(_ chunk: Bytes) throws(Problem) {
        var lines = lines
        lines.cut(chunk) { line throws(Never) in take(line) }
        self.lines = lines
    }

    mutating func finish() throws(Problem) {
        var lines = lines
        lines.finish { line throws(Never) in take(line) }
        self.lines = lines
    }

    private mutating func take(_ line: LineCutter.Line) {
        switch line {
        case .whole(var bytes):
            let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
            if number == 0, bytes.starts(with: mark) { bytes = Bytes(rebasing: bytes[3...]) }
            guard !bytes.isBlank else { return }
            number += 1
            switch readUsual(bytes) {
            case .done: row.end(number)
            case .refused(let reason): intake.reject(number, reason)
            case .unusual:
                if let reason = readAny(bytes) {
                    intake.reject(number, reason)
                } else {
                    row.end(number)
                }
            }
        case .tooLong:
            number += 1
            intake.reject(number, "is longer than \(LineCutter.lineBytes) bytes")
        }
    }
}

// MARK: - The usual shape

extension NDJSONReader {
    private mutating func readUsual(_ line: Bytes) -> Outcome {
        row.begin()
        var at = 0
        func skipBlanks() { while at < line.count, line[at] == 0x20 { at += 1 } }
        func take(_ byte: UInt8) -> Bool {
            guard at < line.count, line[at] == byte else { return false }
            at += 1
            return true
        }
        /// The inside of a string, behind its first quote; `nil` when it has escapes, or no end.
        func string() -> Bytes? {
            let begin = at
            while at < line.count {
                let byte = line[at]
                if byte == UInt8(ascii: "\"") {
                    at += 1
                    return Bytes(rebasing: line[begin..<(at - 1)])
                }
                guard byte != UInt8(ascii: "\\"), byte >= 0x20, byte < 0x80 else { return nil }
                at += 1
            }
            return nil
        }
        skipBlanks()
        guard take(UInt8(ascii: "{")) else { return .unusual }
        repeat {
            skipBlanks()
            guard take(UInt8(ascii: "\"")), let name = string() else { return .unusual }
            skipBlanks()
            guard take(UInt8(ascii: ":")), let field = FrameField(name), row.note(field) else {
                return .unusual
            }
            skipBlanks()
            guard at < line.count else { return .unusual }
            let fault: String?
            switch line[at] {
            case UInt8(ascii: "\""):
                at += 1
                guard let text = string(), !text.isEmpty, !field.isNumber else { return .unusual }
                fault = row.set(field, text)
            case UInt8(ascii: "n"):
                guard at + 4 <= line.count, line[at + 1] == UInt8(ascii: "u"),
                    line[at + 2] == UInt8(ascii: "l"), line[at + 3] == UInt8(ascii: "l")
                else { return .unusual }
                at += 4
                fault = nil
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                let begin = at
                at += 1
                while at < line.count, line[at] != UInt8(ascii: ","),
                    line[at] != UInt8(ascii: "}"), line[at] != 0x20
                { at += 1 }
                let text = Bytes(rebasing: line[begin..<at])
                guard field.mayBeNumber, NDJSONReader.isPlain(text) else { return .unusual }
                fault = row.set(field, text)
            default:
                return .unusual
            }
            if let fault { return .refused(fault) }
            skipBlanks()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { return .unusual }
        skipBlanks()
        return at == line.count ? .done : .unusual
    }

    /// A JSON number without exponent: `-?(0|[1-9][0-9]*)(\.[0-9]+)?`.
    @inline(__always)
    private static func isPlain(_ text: Bytes) -> Bool {
        var at = text[0] == UInt8(ascii: "-") ? 1 : 0
        let begin = at
        while at < text.count, text[at] &- UInt8(ascii: "0") < 10 { at += 1 }
        guard at > begin, at == begin + 1 || text[begin] != UInt8(ascii: "0") else { return false }
        guard at < text.count else { return true }
        guard text[at] == UInt8(ascii: ".") else { return false }
        at += 1
        let fraction = at
        while at < text.count, text[at] &- UInt8(ascii: "0") < 10 { at += 1 }
        return at > fraction && at == text.count
    }
}

extension FrameField {
    /// Levels are numbers, times may be.
    fileprivate var isNumber: Bool {
        if case .level = self { true } else { false }
    }

    fileprivate var mayBeNumber: Bool { isNumber || self == .t || self == .start }
}

// MARK: - All of JSON

extension NDJSONReader {
    /// - Returns: why the line cannot be taken; `nil` when the row has all that it says.
    @inline(never)
    private mutating func readAny(_ line: Bytes) -> String? {
        guard String(validating: line, as: UTF8.self) != nil else { return "is not UTF-8" }
        let value: JSONValue
        do throws(JSONFault) {
            value = try JSONValue(line)
        } catch {
            return switch error {
            case .malformed(let offset): "is not JSON, from its byte \(offset) on"
            case .tooDeep, .tooLarge: "is nested too deep"
            }
        }
        guard let members = value.members else { return "is not a JSON object" }
        row.begin()
        for member in members {
            let key = member.key.prefix(40)
            let found = member.key.utf8.withContiguousStorageIfAvailable { FrameField(Bytes($0)) }
            guard let field = found ?? nil else {
                return "has \"\(key)\"; there are \(FrameField.names)"
            }
            guard row.note(field) else { return "has \(key) more than once" }
            if let fault = set(field, member.value) { return fault }
        }
        return nil
    }

    private mutating func set(_ field: FrameField, _ value: JSONValue) -> String? {
        let text: String
        switch value {
        case .null: return nil
        case .string(let string) where !field.isNumber:
            guard !string.isEmpty else { return nil }
            text = string
        case .number(let number) where field.mayBeNumber: text = number
        case .string, .number, .bool, .array, .object:
            return field.isNumber ? "\(field.name) is not a number" : "\(field.name) is not a text"
        }
        var copy = text
        return copy.withUTF8 { row.set(field, Bytes($0)) }
    }
}
