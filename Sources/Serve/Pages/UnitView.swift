//  UnitView.swift · Serve
//
//  A unit as a page shows it: words and numbers as people read them.

import Monitoring

/// A unit as a page shows it. Keys of ``context`` are those of the templates.
struct UnitView {
    let snapshot: UnitSnapshot
    let now: Timestamp

    private var unit: Unit { snapshot.unit }
    private var newest: Frame? { snapshot.live.newest }
    var condition: UnitSnapshot.Condition { snapshot.condition(at: now) }

    /// What templates name as `unit`, and as the elements of `units`:
    ///
    /// - `id`, `upstream`, `upstream_unit`: names.
    /// - `ln1_label`, `ln2_label`: `L1` where the percentage is known, else `LN1`.
    /// - `db_label`: `dB(A)` where the weighting is known, else `dB`.
    /// - `lp`, `leq`, `lmax`, `ln1`, `ln2`: one decimal; an en dash for no value, and for a meter
    ///   that is stopped.
    /// - `status`: `ok`, `stale`, `unreachable`, `upstream_down`, `waiting`.
    /// - `look`: `live`, `delayed`, `idle`; `status_word`: `Measuring`; `age_text`: `1 s ago`,
    ///   empty when there is no reading. `old` while values must not look live.
    /// - `measurement_start`, `timestamp`: RFC 3339, or empty.
    /// - `time_zone`: an IANA name.
    /// - `rate`: `auto`, `full`, `idle`; `rate_text`: `Full rate: 2 viewers`, or an en dash.
    /// - `cost_text`: `≈ 43 MB a day`, or an en dash; `cost_since`: `1.2 MB since 22:41`, or empty.
    /// - `full_cost`: `≈ 43 MB a day`, what full rate costs; `has_full_cost`.
    /// - `fault_count`, `has_faults`; `faults`: `count`, `words`.
    var context: [String: Any] {
        let faults = FaultReason.allCases.compactMap { reason in
            snapshot.faults[reason].map { ["count": "\($0)", "words": reason.words] }
        }
        let total = snapshot.faults.values.reduce(0, +)
        return [
            "id": unit.id.name, "upstream": unit.upstream, "upstream_unit": unit.upstreamUnit,
            "ln1_label": UnitView.label(unit.ln1Percent, "LN1"),
            "ln2_label": UnitView.label(unit.ln2Percent, "LN2"),
            "db_label": unit.frequencyWeighting.map { "dB(\($0))" } ?? "dB",
            "lp": text(.lp), "leq": text(.leq), "lmax": text(.lmax), "ln1": text(.ln1),
            "ln2": text(.ln2), "status": snapshot.live.status(at: now).rawValue, "look": look,
            "old": condition != .measuring, "status_word": statusWord, "age_text": ageText,
            "measurement_start": newest?.measurementStart?.description ?? "",
            "timestamp": newest?.time.description ?? "", "time_zone": "UTC",
            "rate": unit.rate.rawValue, "rate_text": snapshot.report?.rateWords ?? PageText.none,
            "cost_text": cost.map { PageText.perDay($0.bytesPerDay) } ?? PageText.none,
            "cost_since": cost.map {
                "\(PageText.bytes($0.bytes)) since \(PageText.since($0.since, now: now))"
            } ?? "",
            "full_cost": fullCost.map(PageText.perDay) ?? "", "has_full_cost": fullCost != nil,
            "fault_count": "\(total)", "has_faults": total > 0, "faults": faults,
        ]
    }

    /// What the cards of levels name as `levels`: the keys of ``context``, and
    ///
    /// - `subject`: `unit`; `is_unit`; `live_empty`: what stands in a live chart without a reading.
    /// - `history_summary`: what the history chart is, for those who hear it.
    var levels: [String: Any] {
        let own: [String: Any] = [
            "subject": "unit", "is_unit": true, "history_summary": "History chart",
            "live_empty": "Waiting for the first reading from this unit",
        ]
        return context.merging(own) { $1 }
    }

    private var cost: CellularEstimate? { snapshot.report?.cellular }

    /// What full rate costs in a day: known at full rate, else eight times what idle costs; `nil`
    /// while the unit is polled slower than that, or not at all.
    private var fullCost: Int64? {
        guard let report = snapshot.report, report.hasMonitor != false,
            report.cellular.bytesPerDay > 0
        else { return nil }
        return report.cellular.bytesPerDay * (report.rate.isFull ? 1 : 8)
    }

    static func label(_ percent: Double?, _ unknown: String) -> String {
        guard let percent else { return unknown }
        guard let whole = Int(exactly: percent) else { return "L\(percent)" }
        return "L\(whole)"
    }

    private func text(_ metric: Metric) -> String {
        let isMeasuring = newest?.state.contains(.measuring) ?? false
        return PageText.level(isMeasuring ? newest?.levels[metric] : nil)
    }

    private var look: String {
        switch condition {
        case .measuring: "live"
        case .stopped, .waiting: "idle"
        case .unreachable, .delayed, .silent: "delayed"
        }
    }

    private var statusWord: String {
        switch condition {
        case .measuring: "Measuring"
        case .stopped: "Stopped"
        case .unreachable: "Meter not reachable"
        case .delayed: "Delayed"
        case .silent:
            "No readings since \(newest.map { PageText.since($0.time, now: now) } ?? "")"
        case .waiting: "Waiting for the first reading"
        }
    }

    private var ageText: String {
        guard let newest else { return "" }
        let isFresh = snapshot.live.status(at: now) == .ok
        if condition == .stopped, isFresh { return "" }
        return PageText.age(milliseconds: now.milliseconds(since: newest.time))
    }
}

extension PageText {
    /// `≈ 43 MB a day`
    static func perDay(_ bytes: Int64) -> String { "≈ \(PageText.bytes(bytes)) a day" }
}
