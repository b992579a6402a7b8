//  Metric.swift · Monitoring
//
//  The quantities of a frame, and the seven values together.

/// A quantity that a meter reports.
///
/// `lp` is a sampled level; the six others are **cumulative since the measurement began** and are
/// never averaged (`docs/acoustics.md`). Raw values are positions in ``Levels`` and in files.
package enum Metric: Int, CaseIterable, Sendable {
    /// Momentary level, Fast or Slow weighted.
    case lp = 0
    /// Energy average since the measurement began.
    case leq = 1
    /// Highest and lowest momentary level since the measurement began.
    case lmax = 2
    case lmin = 3
    /// Highest instantaneous pressure, as a level; usually C-weighted.
    case lpeak = 4
    /// Level exceeded for the first and second percentage that the unit is configured for.
    case ln1 = 5
    case ln2 = 6

    /// The name in JSON and CSV.
    package var name: String { Metric.names[rawValue] }
    /// True for the metrics that accumulate from the measurement's start.
    package var isCumulative: Bool { self != .lp }

    private static let names = ["lp", "leq", "lmax", "lmin", "lpeak", "ln1", "ln2"]

    package init?(name: some StringProtocol) {
        guard let index = Metric.names.firstIndex(where: { $0 == name }) else { return nil }
        self.init(rawValue: index)
    }
}

/// Some of the metrics; bit `Metric.rawValue` for each.
package struct MetricSet: Hashable, Sendable {
    private var bits: UInt8 = 0

    package static let all = MetricSet(Metric.allCases)

    package init(_ metrics: some Sequence<Metric>) {
        for metric in metrics { bits |= 1 << UInt8(metric.rawValue) }
    }

    package func contains(_ metric: Metric) -> Bool { bits >> UInt8(metric.rawValue) & 1 == 1 }
}

/// The values of one frame, one for each ``Metric``, each a ``Level`` or nothing.
///
/// 16 bytes, no allocation. A missing value is held as `Int16.min`, as in files.
package struct Levels: Hashable, Sendable {
    /// Tenths of a decibel by `Metric.rawValue`; `Int16.min` is no value; the last lane is 0.
    package private(set) var tenths: SIMD8<Int16>

    /// The stored form of "no value".
    package static let none: Int16 = .min

    /// All values missing.
    package init() {
        tenths = SIMD8(repeating: Levels.none)
        tenths[7] = 0
    }

    /// - Parameter tenths: by `Metric.rawValue`; the last lane must be 0.
    package init(tenths: SIMD8<Int16>) {
        precondition(tenths[7] == 0, "the eighth lane is spare and 0")
        self.tenths = tenths
    }

    package subscript(metric: Metric) -> Level? {
        get {
            let value = tenths[metric.rawValue]
            return value == Levels.none ? nil : Level(tenths: value)
        }
        set { tenths[metric.rawValue] = newValue?.tenths ?? Levels.none }
    }
}
