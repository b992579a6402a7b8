//  UnitListView.swift · Serve
//
//  All units as the first page shows them.

import Monitoring

/// All units as the first page shows them.
struct UnitListView {
    let units: [UnitSnapshot]
    let upstreams: [UpstreamStatus]
    let query: UnitListQuery
    let now: Timestamp

    /// What the template names:
    ///
    /// - `units`: `UnitView.context`, and `hidden` where the query leaves one out, `search` (what
    ///   is searched), `upstream_word` (what is wrong with its upstream; or empty); `has_units`.
    /// - `totals`: `36 measuring · 2 stopped · 1 no data since 03:10`.
    /// - `notices`: sentences.
    /// - `q`; `sorts` and `upstreams`: `value`, `words`, `selected`; `has_upstreams` for several.
    var context: [String: Any] {
        let words = Dictionary(
            uniqueKeysWithValues: upstreams.map { ($0.id, $0.conditionWord ?? "") })
        let ids = Set(units.map(\.unit.upstream)).sorted()
        let rows = query.sorted(units, now: now).map { unit in
            var row = UnitView(snapshot: unit, now: now).context
            row["hidden"] = !query.matches(unit.unit)
            row["search"] = UnitListQuery.haystack(unit.unit)
            row["upstream_word"] = words[unit.unit.upstream] ?? ""
            return row
        }
        return [
            "units": rows, "has_units": !units.isEmpty, "totals": UnitListView.totals(of: units, now: now),
            "notices": upstreams.flatMap { $0.notices(now: now) }, "q": query.text,
            "sorts": UnitListQuery.Sort.allCases.map {
                option($0.rawValue, $0.words, isSelected: $0 == query.sort)
            },
            "upstreams": ids.map { option($0, $0, isSelected: $0 == query.upstream) },
            "has_upstreams": ids.count > 1,
        ]
    }

    private func option(_ value: String, _ words: String, isSelected: Bool) -> [String: Any] {
        ["value": value, "words": words, "selected": isSelected]
    }

    /// `36 measuring · 2 stopped · 1 no data since 03:10`
    static func totals(of units: [UnitSnapshot], now: Timestamp) -> String {
        let groups = Dictionary(grouping: units) { $0.condition(at: now) }
        func part(_ condition: UnitSnapshot.Condition, _ words: String) -> String? {
            groups[condition].map { "\($0.count) \(words)" }
        }
        let oldest = groups[.silent]?.compactMap(\.live.newest?.time).min()
        return [
            part(.measuring, "measuring"), part(.stopped, "stopped"), part(.delayed, "delayed"),
            part(.unreachable, "not reachable"),
            part(.silent, "no data since \(oldest.map { PageText.since($0, now: now) } ?? "")"),
            part(.waiting, "waiting"),
        ].compactMap { $0 }.joined(separator: " · ")
    }
}
