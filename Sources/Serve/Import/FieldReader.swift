//  FieldReader.swift · Serve
//
//  Values of rows as text: times, levels, states. The known shapes are read byte by byte, without a
//  `String`; what is unusual and still right goes a slower way round.

import Monitoring

/// Reads the values of fields. Keeps the last date, because it is nearly always the next one's.
struct FieldReader {
    typealias Bytes = UnsafeRawBufferPointer

    /// Levels outside are refused, in tenths of a decibel: no meter shows them.
    static let levels: ClosedRange<Int32> = -500...2000

    /// Why a field is refused: what comes behind its name.
    enum Fault: Error, Equatable {
        case notANumber
        case beyondLevels
        case notATime
        case notAState
        case notARange

        var words: String {
            switch self {
            case .notANumber: "is not a number"
            case .beyondLevels: "is beyond -50 to 200 dB"
            case .notATime: "is not a time: RFC 3339 or Unix milliseconds"
            case .notAState: "is neither measuring nor stopped"
            case .notARange: "is none of over, under and \"over under\""
            }
        }
    }

    private var lastDate: (UInt64, UInt16) = (0, 0)
    private var lastDay: Int64 = 0
}

// MARK: - Times

extension FieldReader {
    /// An instant: RFC 3339, or Unix milliseconds as a whole number.
    mutating func time(_ text: Bytes) throws(Fault) -> Int64 {
        // 2026-11-23T16:35:14Z, 2026-11-23T16:35:14.645Z
        if text.count == 24 || text.count == 20, let time = usualTime(text) { return time }
        if let whole = FieldReader.whole(text) { return whole }
        let string = String(decoding: text, as: UTF8.self)
        if let time = Timestamp(rfc3339: string) { return time.milliseconds }
        guard FieldReader.isNumber(text), let number = Double(string),
            let time = Int64(exactly: number)
        else { throw .notATime }
        return time
    }

    private mutating func usualTime(_ text: Bytes) -> Int64? {
        guard text[10] == UInt8(ascii: "T"), text[13] == UInt8(ascii: ":"),
            text[16] == UInt8(ascii: ":"), text[text.count - 1] == UInt8(ascii: "Z"),
            let day = day(text), let hour = FieldReader.two(text, 11), hour < 24,
            let minute = FieldReader.two(text, 14), minute < 60,
            let second = FieldReader.two(text, 17), second < 60
        else { return nil }
        var milliseconds: Int64 = 0
        if text.count == 24 {
            guard text[19] == UInt8(ascii: "."), let tens = FieldReader.two(text, 20),
                let ones = FieldReader.digit(text[22])
            else { return nil }
            milliseconds = tens * 10 + ones
        }
        return ((day * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + milliseconds
    }

    /// Days since 1970 of the date at the beginning of `text`.
    private mutating func day(_ text: Bytes) -> Int64? {
        let date = (
            text.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
            text.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
        )
        if date == lastDate { return lastDay }
        // Seldom: once a day of data. The one that knows the calendar is asked.
        let string = String(decoding: Bytes(rebasing: text[..<10]), as: UTF8.self)
        guard let midnight = Timestamp(rfc3339: string + "T00:00:00Z") else { return nil }
        lastDate = date
        lastDay = floorDivide(midnight.milliseconds, by: 86_400_000)
        return lastDay
    }

    @inline(__always)
    private static func digit(_ byte: UInt8) -> Int64? {
        let value = byte &- UInt8(ascii: "0")
        return value < 10 ? Int64(value) : nil
    }

    @inline(__always)
    private static func two(_ text: Bytes, _ offset: Int) -> Int64? {
        guard let tens = digit(text[offset]), let ones = digit(text[offset + 1]) else { return nil }
        return tens * 10 + ones
    }

    /// A whole number of at most 18 digits.
    static func whole(_ text: Bytes) -> Int64? {
        guard let first = text.first else { return nil }
        let isNegative = first == UInt8(ascii: "-")
        let digits = isNegative ? Bytes(rebasing: text[1...]) : text
        guard (1...18).contains(digits.count) else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard let digit = digit(byte) else { return nil }
            value = value * 10 + digit
        }
        return isNegative ? -value : value
    }
}

// MARK: - Levels

extension FieldReader {
    /// A level in tenths of a decibel: a decimal number, rounded half away from zero.
    static func level(_ text: Bytes) throws(Fault) -> Int16 {
        var at = 0
        let count = text.count
        guard count > 0 else { throw .notANumber }
        let isNegative = text[0] == UInt8(ascii: "-")
        if isNegative { at = 1 }
        let begin = at
        var whole: Int32 = 0
        while at < count, let digit = digit(text[at]) {
            // More digits than any level has stay beyond the range.
            if whole < 100_000 { whole = whole * 10 + Int32(digit) }
            at += 1
        }
        guard at > begin else { return try unusualLevel(text) }
        var tenths = whole * 10
        if at < count, text[at] == UInt8(ascii: "."), at + 1 < count,
            let tenth = digit(text[at + 1])
        {
            tenths += Int32(tenth)
            at += 2
            if at < count, let hundredth = digit(text[at]) {
                if hundredth >= 5 { tenths += 1 }
                at += 1
                while at < count, digit(text[at]) != nil { at += 1 }
            }
        }
        guard at == count else { return try unusualLevel(text) }
        return try inRange(isNegative ? -tenths : tenths)
    }

    private static func inRange(_ tenths: Int32) throws(Fault) -> Int16 {
        guard levels.contains(tenths) else { throw .beyondLevels }
        return Int16(tenths)
    }

    /// `5.71e1`, `+57.1`.
    @inline(never)
    private static func unusualLevel(_ text: Bytes) throws(Fault) -> Int16 {
        guard isNumber(text), let value = Double(String(decoding: text, as: UTF8.self)),
            value.isFinite
        else { throw .notANumber }
        let tenths = (value * 10).rounded(.toNearestOrAwayFromZero)
        guard abs(tenths) < 1e6 else { throw .beyondLevels }
        return try inRange(Int32(tenths))
    }

    /// `[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?`: less than what `Double` reads, which takes
    /// `nan` and `0x1p3`.
    static func isNumber(_ text: Bytes) -> Bool {
        var at = 0
        func digits() -> Bool {
            let begin = at
            while at < text.count, digit(text[at]) != nil { at += 1 }
            return at > begin
        }
        func take(_ bytes: String) -> Bool {
            guard at < text.count, bytes.utf8.contains(text[at]) else { return false }
            at += 1
            return true
        }
        _ = take("+-")
        guard digits() else { return false }
        if take("."), !digits() { return false }
        if take("eE") {
            _ = take("+-")
            guard digits() else { return false }
        }
        return at == text.count
    }
}

// MARK: - States

extension FieldReader {
    /// Whether the meter measured.
    static func isMeasuring(_ text: Bytes) throws(Fault) -> Bool {
        if text.elementsEqual("measuring".utf8) { return true }
        if text.elementsEqual("stopped".utf8) { return false }
        throw .notAState
    }

    /// The flags of the words `over`, `under`, or both with a blank between them.
    static func flags(_ text: Bytes) throws(Fault) -> UInt8 {
        if text.elementsEqual("over".utf8) { return FrameState.over.rawValue }
        if text.elementsEqual("under".utf8) { return FrameState.under.rawValue }
        guard text.elementsEqual("over under".utf8) else { throw .notARange }
        return FrameState.over.rawValue | FrameState.under.rawValue
    }
}
