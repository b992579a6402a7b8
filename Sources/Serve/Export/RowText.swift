//  RowText.swift · Serve
//
//  Rows of exports written straight to memory: a year of one unit is 31 million of them.

import Monitoring

/// Text as it grows in memory that is large enough.
struct RowText {
    private let base: UnsafeMutablePointer<UInt8>
    private(set) var count = 0

    /// - Parameter memory: with room for all that will be written.
    init(_ memory: UnsafeMutableRawBufferPointer) {
        base = memory.baseAddress!.assumingMemoryBound(to: UInt8.self)
    }

    @inline(__always)
    mutating func byte(_ byte: UInt8) {
        base[count] = byte
        count += 1
    }

    @inline(__always)
    mutating func word(_ text: StaticString) {
        (base + count).update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        count += text.utf8CodeUnitCount
    }

    mutating func bytes(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { source in
            if let start = source.baseAddress {
                (base + count).update(from: start, count: source.count)
            }
        }
        count += bytes.count
    }

    /// Tenths of a decibel.
    mutating func level(_ tenths: Int16) {
        count = Digits.write(Int64(tenths), decimals: 1, to: base, at: count)
    }

    /// `2026-11-23T16:35:14.645Z`
    ///
    /// - Parameter date: of the day before, and of this one afterwards.
    mutating func time(_ milliseconds: Int64, _ date: inout DateText) {
        let ofDay = date.move(to: milliseconds)
        bytes(date.text)
        two(ofDay / 3_600_000)
        byte(UInt8(ascii: ":"))
        two(ofDay / 60_000 % 60)
        byte(UInt8(ascii: ":"))
        two(ofDay / 1000 % 60)
        byte(UInt8(ascii: "."))
        byte(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: ofDay % 1000 / 100))
        two(ofDay % 100)
        byte(UInt8(ascii: "Z"))
    }

    @inline(__always)
    private mutating func two(_ value: Int) {
        byte(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10))
        byte(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
    }
}

/// The date of a day as text. Kept, because the next row is nearly always of the same day.
struct DateText {
    /// `2026-11-23T`
    private(set) var text: [UInt8] = []
    private var day = Int64.min

    /// - Returns: milliseconds since that day's midnight.
    mutating func move(to milliseconds: Int64) -> Int {
        let day = floorDivide(milliseconds, by: 86_400_000)
        if day != self.day {
            self.day = day
            let time = Timestamp(milliseconds: milliseconds).description
            text = Array(time.utf8.prefix { $0 != UInt8(ascii: "T") }) + [UInt8(ascii: "T")]
        }
        return Int(milliseconds - day * 86_400_000)
    }
}
