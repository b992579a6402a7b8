//  UpstreamTime.swift · Simulator
//
//  The upstream's wall clock and how it writes it: UTC with microseconds, no zone designator, and
//  no fraction at all when the microseconds are 0 (Python's `isoformat`).

import Monitoring

/// An instant of the upstream's clock: Unix time in whole microseconds.
struct UpstreamTime: Hashable, Comparable, Sendable {
    let microseconds: Int64

    init(microseconds: Int64) { self.microseconds = microseconds }
    init(_ time: Timestamp) { microseconds = time.milliseconds * 1000 }

    static func < (a: UpstreamTime, b: UpstreamTime) -> Bool { a.microseconds < b.microseconds }

    func advanced(byMicroseconds delta: Int64) -> UpstreamTime {
        UpstreamTime(microseconds: microseconds + delta)
    }

    /// The beginning of its second.
    var wholeSecond: UpstreamTime {
        UpstreamTime(microseconds: floorDivide(microseconds, by: 1_000_000) * 1_000_000)
    }

    /// Microseconds from `earlier` to this instant; negative when `earlier` is later.
    func microseconds(since earlier: UpstreamTime) -> Int64 {
        microseconds - earlier.microseconds
    }

    /// `2026-11-23T16:35:14.645021`, or `2026-11-23T16:35:56` on a whole second.
    var text: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends ``text``.
    func append(to bytes: inout [UInt8]) {
        let seconds = floorDivide(microseconds, by: 1_000_000)
        let days = floorDivide(seconds, by: 86_400)
        let ofDay = seconds - days * 86_400
        let fraction = microseconds - seconds * 1_000_000
        let (year, month, day) = Timestamp.civil(fromDays: days)
        appendDigits(year, 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(month, 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(day, 2, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        appendDigits(ofDay / 3600, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(ofDay / 60 % 60, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(ofDay % 60, 2, to: &bytes)
        guard fraction != 0 else { return }
        bytes.append(UInt8(ascii: "."))
        appendDigits(fraction, 6, to: &bytes)
    }

    private func appendDigits(_ value: Int64, _ width: Int, to bytes: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            bytes.append(48 + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}
