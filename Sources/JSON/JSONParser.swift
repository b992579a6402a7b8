//  JSONParser.swift · JSON
//
//  The grammar of RFC 8259, by recursive descent. Depth is bounded, so recursion is too.

/// Reads one document. For ``JSONValue`` only, which bounds the size.
struct JSONParser {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func document() throws(JSONFault) -> JSONValue {
        let value = try value(depth: 0)
        skipBlanks()
        guard position == bytes.count else { throw malformed }
        return value
    }

    private var malformed: JSONFault { .malformed(byteOffset: position) }

    private mutating func value(depth: Int) throws(JSONFault) -> JSONValue {
        skipBlanks()
        guard position < bytes.count else { throw malformed }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default: return .number(try number())
        }
    }

    private mutating func object(depth: Int) throws(JSONFault) -> JSONValue {
        guard depth <= JSONValue.depthLimit else { throw .tooDeep }
        position += 1
        var members: [JSONValue.Member] = []
        skipBlanks()
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipBlanks()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw malformed
            }
            let key = try string()
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw malformed }
            members.append(JSONValue.Member(key: key, value: try value(depth: depth)))
            skipBlanks()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw malformed }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(JSONFault) -> JSONValue {
        guard depth <= JSONValue.depthLimit else { throw .tooDeep }
        position += 1
        var values: [JSONValue] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return .array(values) }
        repeat {
            values.append(try value(depth: depth))
            skipBlanks()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw malformed }
        return .array(values)
    }

    private mutating func string() throws(JSONFault) -> String {
        position += 1
        let start = position
        var plain = true
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                let text = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
                position += 1
                return plain ? String(decoding: text, as: UTF8.self) : try unescaped(text)
            }
            guard byte >= 0x20 else { throw malformed }
            if byte == UInt8(ascii: "\\") {
                plain = false
                position += 1
            }
            position += 1
        }
        throw malformed
    }

    private func unescaped(_ text: UnsafeRawBufferPointer) throws(JSONFault) -> String {
        var units: [UInt16] = []
        var result = ""
        var index = 0
        var runStart = 0
        func flushRun(to end: Int) {
            result += String(
                decoding: UnsafeRawBufferPointer(rebasing: text[runStart..<end]), as: UTF8.self)
        }
        while index < text.count {
            guard text[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            flushRun(to: index)
            // Escapes that follow one another are joined first: a surrogate pair is two of them.
            while index < text.count, text[index] == UInt8(ascii: "\\") {
                guard let escape = escape(text, at: index) else { throw malformed }
                units.append(escape.unit)
                index += escape.length
            }
            result += String(decoding: units, as: UTF16.self)
            units.removeAll(keepingCapacity: true)
            runStart = index
        }
        flushRun(to: index)
        return result
    }

    /// The escape that begins at `index`, as a UTF-16 unit, and its length in bytes.
    private func escape(
        _ text: UnsafeRawBufferPointer, at index: Int
    ) -> (unit: UInt16, length: Int)? {
        guard index + 1 < text.count else { return nil }
        switch text[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return (UInt16(text[index + 1]), 2)
        case UInt8(ascii: "b"): return (0x08, 2)
        case UInt8(ascii: "f"): return (0x0C, 2)
        case UInt8(ascii: "n"): return (0x0A, 2)
        case UInt8(ascii: "r"): return (0x0D, 2)
        case UInt8(ascii: "t"): return (0x09, 2)
        case UInt8(ascii: "u"):
            guard index + 6 <= text.count else { return nil }
            var unit: UInt16 = 0
            for digit in text[index + 2..<index + 6] {
                guard let value = Character(UnicodeScalar(digit)).hexDigitValue else { return nil }
                unit = unit << 4 | UInt16(value)
            }
            return (unit, 6)
        default: return nil
        }
    }

    /// RFC 8259: `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`
    private mutating func number() throws(JSONFault) -> String {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(JSONFault) {
        let start = position
        while position < bytes.count, (48...57).contains(bytes[position]) { position += 1 }
        guard position > start else { throw malformed }
    }

    private mutating func word(_ text: StaticString) throws(JSONFault) {
        guard bytes.count - position >= text.utf8CodeUnitCount else { throw malformed }
        for offset in 0..<text.utf8CodeUnitCount
        where bytes[position + offset] != text.utf8Start[offset] {
            throw malformed
        }
        position += text.utf8CodeUnitCount
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }
}
