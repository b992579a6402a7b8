//  Samples.swift · PipelineTests

import Monitoring

/// Frames by number: frame *n* is *n* seconds after an instant a little before ``now``.
enum Samples {
    static let now = Timestamp(rfc3339: "2026-11-23T12:00:00Z")!
    static let unit = UnitID("NL43-0001")!

    static func frame(second: Int64, unit: UnitID = unit) -> Frame {
        var levels = Levels()
        levels[.lp] = Level(tenths: 571)
        return Frame(
            unit: unit, time: now.advanced(byMilliseconds: (second - 200) * 1000), levels: levels,
            state: .measuring)
    }

    static func times(_ seconds: [Int64]) -> [Timestamp] { seconds.map { frame(second: $0).time } }
}
