//  TimeSpan.swift · earshot

import ArgumentParser

/// A length of time as people write it: `20ms`, `1s`, `5m`, `12h`, `30d`, `10y`.
struct TimeSpan: ExpressibleByArgument, Equatable {
    let milliseconds: Int64

    /// The largest first. A year has 366 days: what is kept for years is kept long enough.
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("y", 366 * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
        ("ms", 1),
    ]

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    init?(argument text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let name = text.dropFirst(digits.count)
        guard let number = Int64(digits),
            let unit = TimeSpan.units.first(where: { $0.name == name })
        else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit.milliseconds)
        guard !overflow else { return nil }
        milliseconds = product
    }

    /// In the largest unit that divides it: `1s`, not `1000ms`.
    var text: String {
        let unit = TimeSpan.units.first { milliseconds.isMultiple(of: $0.milliseconds) }!
        return milliseconds == 0 ? "0s" : "\(milliseconds / unit.milliseconds)\(unit.name)"
    }

    var duration: Duration { .milliseconds(milliseconds) }
    var defaultValueDescription: String { text }
}
