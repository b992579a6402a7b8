//  UnitView.swift · Serve
//
//  A unit as a page shows it: words and numbers as people read them.

import Monitoring

/// A unit as a page shows it. Keys of ``context`` are those of the templates.
struct UnitView {
    private static let none = "–"

    let unit: Unit
    let live: LiveState
    let now: Timestamp

    private var status: LiveState.Status { live.status(at: now) }
    private var isMeasuring: Bool { live.newest?.state.contains(.measuring) ?? false }

    /// What templates name as `unit`, and as the elements of `units`:
    ///
    /// - `id`, `upstream`: names.
    /// - `ln1_label`, `ln2_label`: `L1` where the percentage is known, else `LN1`.
    /// - `db_label`: `dB(A)` where the weighting is known, else `dB`.
    /// - `lp`, `leq`, `lmax`, `ln1`, `ln2`: one decimal; an en dash for no value, and for a meter
    ///   that is stopped.
    /// - `status`: `ok`, `stale`, `unreachable`, `upstream_down`, `waiting`.
    /// - `status_word`: `Measuring`; `age_text`: `1 s ago`, empty when there is no reading.
    /// - `measurement_start`, `timestamp`: RFC 3339, or empty.
    /// - `time_zone`: an IANA name.
    var context: [String: Any] {
        [
            "id": unit.id.name, "upstream": unit.upstream,
            "ln1_label": UnitView.label(unit.ln1Percent, "LN1"),
            "ln2_label": UnitView.label(unit.ln2Percent, "LN2"),
            "db_label": unit.frequencyWeighting.map { "dB(\($0))" } ?? "dB",
            "lp": text(.lp), "leq": text(.leq), "lmax": text(.lmax), "ln1": text(.ln1),
            "ln2": text(.ln2), "status": status.rawValue, "status_word": statusWord,
            "age_text": ageText,
            "measurement_start": live.newest?.measurementStart?.description ?? "",
            "timestamp": live.newest?.time.description ?? "", "time_zone": "UTC",
        ]
    }

    private static func label(_ percent: Double?, _ unknown: String) -> String {
        guard let percent else { return unknown }
        guard let whole = Int(exactly: percent) else { return "L\(percent)" }
        return "L\(whole)"
    }

    private func text(_ metric: Metric) -> String {
        guard isMeasuring, let level = live.newest?.levels[metric] else { return UnitView.none }
        let tenths = Int(level.tenths)
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    private var statusWord: String {
        switch status {
        case .ok: isMeasuring ? "Measuring" : "Stopped"
        case .stale: isMeasuring ? "Delayed" : "Stopped"
        case .unreachable: "Meter not reachable"
        case .upstreamDown: "Meter service not reachable"
        case .waiting: "Waiting for the first reading"
        }
    }

    private var ageText: String {
        guard let newest = live.newest else { return "" }
        let seconds = max(0, now.milliseconds(since: newest.time) / 1000)
        if seconds < 1 { return "just now" }
        for (name, size) in [("d", Int64(86_400)), ("h", 3600), ("min", 60)] where seconds >= size {
            return "\(seconds / size) \(name) ago"
        }
        return "\(seconds) s ago"
    }
}
