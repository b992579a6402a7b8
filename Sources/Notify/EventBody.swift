//  EventBody.swift · Notify
//
//  An event in a webhook's message: what `/api/events` answers of it, without what people wrote to
//  it, and of its rule what says which limit it was. A key without a value is `null`.

import Monitoring

/// An event with the names and units of the API.
struct EventBody: Encodable {
    let event: SoundEvent
    init(_ event: SoundEvent) { self.event = event }

    private enum Key: String, CodingKey {
        case id, kind, status, unit, upstream, location, rule, metric, level
        case ruleID = "rule_id"
        case ruleVersion = "rule_version"
        case threshold = "threshold_db"
        case firstExceeded = "first_exceeded_at"
        case onset = "onset_at"
        case onsetValue = "onset_value"
        case peak = "peak_value"
        case peakAt = "peak_at"
        case lastExceeded = "last_exceeded_at"
        case exceeded = "exceeded_s"
        case last = "last_value"
        case cleared = "cleared_at"
        case closed = "closed_at"
        case clearReason = "clear_reason"
        case suppressed, samples, coverage, overloaded
        case noData = "no_data"
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(event.id, forKey: .id)
        try values.encode(event.kind.rawValue, forKey: .kind)
        try values.encode(event.isActive ? "active" : "cleared", forKey: .status)
        try values.encode(event.unit?.name, forKey: .unit)
        try values.encode(event.upstream, forKey: .upstream)
        try values.encode(event.location, forKey: .location)
        try values.encode(event.rule?.id, forKey: .ruleID)
        try values.encode(event.rule?.version, forKey: .ruleVersion)
        try values.encode(event.rule.map(RuleBody.init), forKey: .rule)
        try values.encode(event.rule?.metric.rawValue, forKey: .metric)
        try values.encode(event.rule?.thresholdTenths.decibels, forKey: .threshold)
        try values.encode(event.level.rawValue, forKey: .level)
        try encodeCourse(into: &values)
    }

    private func encodeCourse(into values: inout KeyedEncodingContainer<Key>) throws {
        try values.encode(event.firstExceededAt.description, forKey: .firstExceeded)
        try values.encode(event.onsetAt.description, forKey: .onset)
        try values.encode(event.onsetTenths?.decibels, forKey: .onsetValue)
        try values.encode(event.peakTenths?.decibels, forKey: .peak)
        try values.encode(event.peakAt?.description, forKey: .peakAt)
        try values.encode(event.lastExceededAt.description, forKey: .lastExceeded)
        try values.encode(Double(event.exceededMilliseconds) / 1000, forKey: .exceeded)
        try values.encode(event.lastTenths?.decibels, forKey: .last)
        try values.encode(event.clearedAt?.description, forKey: .cleared)
        try values.encode(event.closedAt?.description, forKey: .closed)
        try values.encode(event.clearReason?.rawValue, forKey: .clearReason)
        try values.encode(event.suppressed, forKey: .suppressed)
        try values.encode(event.samples, forKey: .samples)
        try values.encode(event.coverage, forKey: .coverage)
        try values.encode(event.isOverloaded, forKey: .overloaded)
        try values.encode(event.hasNoData, forKey: .noData)
    }
}

/// The rule of an event as it was. Who else is told, and whether clients see it, is not for
/// whoever reads this.
private struct RuleBody: Encodable {
    let rule: AlertRule
    init(_ rule: AlertRule) { self.rule = rule }

    private enum Key: String, CodingKey {
        case id, version, name, metric, comparison, severity
        case threshold = "threshold_db"
        case warning = "warning_db"
        case duration = "duration_s"
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(rule.id, forKey: .id)
        try values.encode(rule.version, forKey: .version)
        try values.encode(rule.name, forKey: .name)
        try values.encode(rule.metric.rawValue, forKey: .metric)
        try values.encode(rule.comparison.rawValue, forKey: .comparison)
        try values.encode(rule.thresholdTenths.decibels, forKey: .threshold)
        try values.encode(rule.warningTenths?.decibels, forKey: .warning)
        try values.encode(rule.durationSeconds, forKey: .duration)
        try values.encode(rule.severity, forKey: .severity)
    }
}

extension Int16 {
    /// Of tenths of a decibel.
    fileprivate var decibels: Double { Double(self) / 10 }
}
