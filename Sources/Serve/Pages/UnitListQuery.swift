//  UnitListQuery.swift · Serve
//
//  Which units a list shows, and in which order: `?q=north&sort=level&upstream=…`.

import Hummingbird
import Monitoring

/// What the address of the list says. What it does not know it passes over: an address that was
/// typed in still shows a list.
struct UnitListQuery {
    enum Sort: String, CaseIterable {
        /// What needs a look first, then by name.
        case state
        case name, level, age, data, faults

        var words: String {
            switch self {
            case .state: "State"
            case .name: "Name"
            case .level: "Level, loudest first"
            case .age: "Age, oldest first"
            case .data: "Data, most first"
            case .faults: "Faults, most first"
            }
        }
    }

    /// In lower case; part of a name of unit or upstream.
    let text: String
    let sort: Sort
    let upstream: String

    init(_ parameters: Parameters) {
        func value(_ name: String) -> String { String(parameters[Substring(name)]?.prefix(64) ?? "") }
        text = value("q").lowercased()
        sort = Sort(rawValue: value("sort")) ?? .state
        upstream = value("upstream")
    }

    func matches(_ unit: Unit) -> Bool {
        (upstream.isEmpty || unit.upstream == upstream)
            && (text.isEmpty || UnitListQuery.haystack(unit).contains(text))
    }

    /// What is searched for ``text``; the page has it, too.
    static func haystack(_ unit: Unit) -> String {
        "\(unit.id) \(unit.upstreamUnit) \(unit.upstream)".lowercased()
    }

    /// `units`, sorted by name, in the order asked for.
    func sorted(_ units: [UnitSnapshot], now: Timestamp) -> [UnitSnapshot] {
        switch sort {
        case .name: units
        case .state: stably(units) { Double(UnitListQuery.rank($0.condition(at: now))) }
        case .level:
            stably(units) { unit in
                let isMeasuring = unit.live.newest?.state.contains(.measuring) == true
                let level = isMeasuring ? unit.live.newest?.levels[.lp] : nil
                return level.map { -Double($0.tenths) } ?? .infinity
            }
        case .age: stably(units) { $0.live.newest.map { Double($0.time.milliseconds) } ?? .infinity }
        case .data: stably(units) { $0.report.map { -Double($0.cellular.bytesPerDay) } ?? 1 }
        case .faults: stably(units) { -Double($0.faults.values.reduce(0, +)) }
        }
    }

    private static func rank(_ condition: UnitSnapshot.Condition) -> Int {
        switch condition {
        case .unreachable, .silent: 0
        case .delayed: 1
        case .measuring: 2
        case .stopped: 3
        case .waiting: 4
        }
    }

    /// The standard library's sort keeps the order of equals, but does not promise it.
    private func stably(
        _ units: [UnitSnapshot], by key: (UnitSnapshot) -> Double
    ) -> [UnitSnapshot] {
        units.enumerated().map { (key: key($1), index: $0, unit: $1) }
            .sorted { ($0.key, $0.index) < ($1.key, $1.index) }.map(\.unit)
    }
}
