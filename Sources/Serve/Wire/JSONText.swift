//  JSONText.swift · Serve
//
//  JSON written straight into a buffer. Columns of up to 100,000 values are a hot path: digits go
//  to memory as bytes, no text is made in between.

import Monitoring
import NIOCore

/// JSON text as it grows.
struct JSONText {
    private(set) var buffer: ByteBuffer
    private var needsComma = false

    init(capacity: Int = 256) {
        buffer = ByteBuffer()
        buffer.reserveCapacity(capacity)
    }

    /// Begins an object, as the whole text or as the value of the key before it.
    mutating func beginObject() {
        comma()
        buffer.writeInteger(UInt8(ascii: "{"))
        needsComma = false
    }

    mutating func endObject() {
        buffer.writeInteger(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func beginArray() {
        comma()
        buffer.writeInteger(UInt8(ascii: "["))
        needsComma = false
    }

    mutating func endArray() {
        buffer.writeInteger(UInt8(ascii: "]"))
        needsComma = true
    }

    /// The key of the value that follows.
    mutating func key(_ name: StaticString) {
        comma()
        buffer.writeInteger(UInt8(ascii: "\""))
        buffer.writeStaticString(name)
        buffer.writeStaticString("\":")
        needsComma = false
    }

    mutating func key(_ name: String) {
        string(name)
        buffer.writeInteger(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func null() {
        comma()
        buffer.writeStaticString("null")
        needsComma = true
    }

    /// `nil` is `null`.
    mutating func bool(_ value: Bool?) {
        guard let value else { return null() }
        comma()
        buffer.writeStaticString(value ? "true" : "false")
        needsComma = true
    }

    /// A string, escaped as RFC 8259 asks; `nil` is `null`.
    mutating func string(_ text: String?) {
        guard let text else { return null() }
        comma()
        buffer.writeInteger(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                buffer.writeInteger(UInt8(ascii: "\\"))
                buffer.writeInteger(byte)
            case 0x0A:
                buffer.writeStaticString("\\n")
            case 0..<0x20:
                buffer.writeStaticString("\\u00")
                buffer.writeInteger(JSONText.hex(byte >> 4))
                buffer.writeInteger(JSONText.hex(byte & 15))
            default:
                buffer.writeInteger(byte)
            }
        }
        buffer.writeInteger(UInt8(ascii: "\""))
        needsComma = true
    }

    private static func hex(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }

    mutating func time(_ time: Timestamp?) { string(time?.description) }

    mutating func integer(_ value: Int64) {
        comma()
        write(bound: 20) { Digits.write(value, decimals: 0, to: $0, at: 0) }
        needsComma = true
    }

    /// `value` / 10^`decimals`; `nil` is `null`.
    mutating func decimal(_ value: Int64?, decimals: Int) {
        guard let value else { return null() }
        comma()
        write(bound: 24) { Digits.write(value, decimals: decimals, to: $0, at: 0) }
        needsComma = true
    }

    mutating func level(_ level: Level?) {
        decimal(level.map { Int64($0.tenths) }, decimals: 1)
    }

    /// A level in tenths of a decibel; `nil` is `null`.
    mutating func tenths(_ tenths: Int16?) { decimal(tenths.map { Int64($0) }, decimals: 1) }

    /// `nil` is `null`.
    mutating func whole(_ value: Int?) { decimal(value.map { Int64($0) }, decimals: 0) }

    /// A number with as many decimals as `Double` prints; what is not finite is `null`.
    mutating func number(_ value: Double?) {
        guard let value, value.isFinite else { return null() }
        if let whole = Int64(exactly: value) { return integer(whole) }
        comma()
        buffer.writeString("\(value)")
        needsComma = true
    }

    private mutating func comma() {
        if needsComma { buffer.writeInteger(UInt8(ascii: ",")) }
    }

    private mutating func write(bound: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { bytes in
            body(bytes.baseAddress!.assumingMemoryBound(to: UInt8.self))
        }
    }
}

// MARK: - Columns

extension JSONText {
    /// An array of times or counts.
    mutating func column(_ values: some Collection<Int64>) {
        column(count: values.count, bytesEach: 21) { pointer, written in
            var at = written
            for value in values {
                at = Digits.write(value, decimals: 0, to: pointer, at: at)
                pointer[at] = UInt8(ascii: ",")
                at += 1
            }
            return at
        }
    }

    /// An array of levels in tenths of a decibel; `Levels.none` is `null`.
    mutating func levels(_ tenths: some Collection<Int16>) {
        column(count: tenths.count, bytesEach: 8) { pointer, written in
            var at = written
            for value in tenths {
                at =
                    value == Levels.none
                    ? Digits.writeNull(to: pointer, at: at)
                    : Digits.write(Int64(value), decimals: 1, to: pointer, at: at)
                pointer[at] = UInt8(ascii: ",")
                at += 1
            }
            return at
        }
    }

    /// An array of `count` fixed-point numbers; `nil` is `null`.
    mutating func decimals(
        _ count: Int, decimals: Int, _ value: (Int) -> Int64?
    ) {
        column(count: count, bytesEach: 24) { pointer, written in
            var at = written
            for index in 0..<count {
                if let number = value(index) {
                    at = Digits.write(number, decimals: decimals, to: pointer, at: at)
                } else {
                    at = Digits.writeNull(to: pointer, at: at)
                }
                pointer[at] = UInt8(ascii: ",")
                at += 1
            }
            return at
        }
    }

    /// An array of words that need no escapes.
    mutating func words(_ words: some Collection<StaticString>) {
        beginArray()
        for word in words {
            comma()
            buffer.writeInteger(UInt8(ascii: "\""))
            buffer.writeStaticString(word)
            buffer.writeInteger(UInt8(ascii: "\""))
            needsComma = true
        }
        endArray()
    }

    private mutating func column(
        count: Int, bytesEach: Int, _ body: (UnsafeMutablePointer<UInt8>, Int) -> Int
    ) {
        comma()
        write(bound: 2 + count * bytesEach) { pointer in
            pointer[0] = UInt8(ascii: "[")
            let end = body(pointer, 1)
            // The last comma becomes the bracket; an empty column has none.
            let closing = count == 0 ? 1 : end - 1
            pointer[closing] = UInt8(ascii: "]")
            return closing + 1
        }
        needsComma = true
    }
}

/// Whole and fixed-point numbers as digits in memory.
enum Digits {
    /// Writes `value` / 10^`decimals` and tells where the text ends.
    ///
    /// - Parameter pointer: with room for 24 bytes after `start`.
    static func write(
        _ value: Int64, decimals: Int, to pointer: UnsafeMutablePointer<UInt8>, at start: Int
    ) -> Int {
        var at = start
        if value < 0 {
            pointer[at] = UInt8(ascii: "-")
            at += 1
        }
        var rest = value.magnitude
        var count = 1
        var bound: UInt64 = 10
        while rest >= bound, count < 19 {
            count += 1
            bound &*= 10
        }
        if rest >= bound { count += 1 }
        if count <= decimals { count = decimals + 1 }
        let end = at + count + (decimals > 0 ? 1 : 0)
        var position = end - 1
        for index in 0..<count {
            if decimals > 0, index == decimals {
                pointer[position] = UInt8(ascii: ".")
                position -= 1
            }
            pointer[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
            position -= 1
        }
        return end
    }

    static func writeNull(to pointer: UnsafeMutablePointer<UInt8>, at start: Int) -> Int {
        pointer[start] = UInt8(ascii: "n")
        pointer[start + 1] = UInt8(ascii: "u")
        pointer[start + 2] = UInt8(ascii: "l")
        pointer[start + 3] = UInt8(ascii: "l")
        return start + 4
    }
}
