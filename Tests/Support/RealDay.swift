//  RealDay.swift · Support
//
//  A recorded day, whose indicators are known (`docs/acoustics.md`).

import Foundation
package import Monitoring

/// `Tests/Fixtures/real-day`.
package enum RealDay {
    /// Midnight of the recording, taken as UTC.
    package static let start = Timestamp(rfc3339: "2025-03-22T00:00:00Z")!
    package static let range = TimeRange(
        start: start, end: start.advanced(byMilliseconds: 86_400_000))!

    /// Tenths of a decibel, one a second.
    package static let levels: [Int16] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/real-day/levels.i16")
        let bytes = [UInt8](try! Data(contentsOf: file))
        return stride(from: 0, to: bytes.count, by: 2).map {
            Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)
        }
    }()

    /// A frame each second from ``start`` on, of one measurement.
    package static func frames(of unit: String = "NL43-0001") -> [Frame] {
        levels.enumerated().map { second, tenths in
            var values = Levels()
            values[.lp] = Level(tenths: tenths)
            return Frame(
                unit: UnitID(unit)!, time: start.advanced(byMilliseconds: Int64(second) * 1000),
                levels: values, state: .measuring, measurementStart: start)
        }
    }
}
