//  JSON+Parsing.swift · SimulatorTests
//
//  Reads JSON and keeps what the usual readers throw away: the order of keys, and whether a number
//  was written with a point. Trusts its input to be the fixtures or our own answers.

@testable import Simulator

extension JSON {
    init(parsing bytes: [UInt8]) throws {
        var parser = Parser(rest: bytes[...])
        self = try parser.value()
    }
}

private struct Parser {
    var rest: ArraySlice<UInt8>

    mutating func value() throws -> JSON {
        switch next() {
        case UInt8(ascii: "{"): return .object(try members())
        case UInt8(ascii: "["): return .array(try elements())
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func members() throws -> [JSON.Member] {
        var members: [JSON.Member] = []
        rest.removeFirst()
        while next() != UInt8(ascii: "}") {
            if next() == UInt8(ascii: ",") { rest.removeFirst() }
            _ = next()
            let key = try text()
            guard next() == UInt8(ascii: ":") else { throw MissingValue() }
            rest.removeFirst()
            members.append(.init(key: key, value: try value()))
        }
        rest.removeFirst()
        return members
    }

    private mutating func elements() throws -> [JSON] {
        var values: [JSON] = []
        rest.removeFirst()
        while next() != UInt8(ascii: "]") {
            if next() == UInt8(ascii: ",") { rest.removeFirst() }
            values.append(try value())
        }
        rest.removeFirst()
        return values
    }

    private mutating func text() throws -> String {
        rest.removeFirst()
        var bytes: [UInt8] = []
        while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            let escaped = try unwrap(rest.popFirst())
            if escaped == UInt8(ascii: "u") {
                let hex = String(decoding: rest.prefix(4), as: UTF8.self)
                rest.removeFirst(4)
                bytes += String(UnicodeScalar(try unwrap(UInt16(hex, radix: 16)))!).utf8
            } else {
                bytes.append(escaped)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func number() throws -> JSON {
        let digits = rest.prefix { !",}] \n\r\t".utf8.contains($0) }
        rest.removeFirst(digits.count)
        let text = String(decoding: digits, as: UTF8.self)
        if let integer = Int(text) { return .integer(integer) }
        return .number(try unwrap(Double(text)))
    }

    private mutating func word(_ word: String, _ value: JSON) throws -> JSON {
        guard rest.starts(with: word.utf8) else { throw MissingValue() }
        rest.removeFirst(word.utf8.count)
        return value
    }

    /// The next byte that is no white space.
    private mutating func next() -> UInt8? {
        rest = rest.drop { $0 <= 32 }
        return rest.first
    }
}
