//  AlertsView.swift · Serve
//
//  The card with the rules of a location, or of a unit that is assigned nowhere.

import Monitoring

/// The rules of a site, and what they are about now.
struct AlertsView {
    /// Where the card's API is below `/api`: `units/NL43-0001`, `locations/gate`.
    let address: String
    let site: AlertRule.Site
    /// Whose rules these are: the location's name; `nil` for a unit's own.
    let place: String?
    /// Of the hours of rules.
    let timeZone: String
    let rules: [AlertRule]
    /// Ids of rules that are stored and cannot be read.
    let unreadable: [String]
    /// Events that are active, those of watchdogs among them.
    let active: [SoundEvent]
    let mayChange: Bool
    let now: Timestamp

    /// What the partial `alerts` names, below `alerts`:
    ///
    /// - `site`: ``address``; `place`, `has_place`; `zone`; `may_change`.
    /// - `badge_look`: `above`, `delayed`, `clear`; `badge`: `2 active`, `all clear`.
    /// - `rules`, `has_rules`: `id`, `version`, `name`, `sentence`, `enabled`, `details`,
    ///   `is_active`, `active_text`, `look`.
    /// - `unreadable`, `has_unreadable`: ids.
    var context: [String: Any] {
        [
            "site": address, "place": place ?? "", "has_place": place != nil, "zone": timeZone,
            "may_change": mayChange, "badge_look": look(of: active), "badge": badge,
            "rules": rules.sorted { ($0.name, $0.id) < ($1.name, $1.id) }.map(row),
            "has_rules": !rules.isEmpty, "unreadable": unreadable,
            "has_unreadable": !unreadable.isEmpty,
        ]
    }

    private var badge: String { active.isEmpty ? "all clear" : "\(active.count) active" }

    /// Red only for a level beyond a limit; warnings and watchdogs need a look, too.
    private func look(of events: [SoundEvent]) -> String {
        if events.isEmpty { return "clear" }
        return events.contains { $0.kind == .rule && $0.level == .alarm } ? "above" : "delayed"
    }

    private func row(_ rule: AlertRule) -> [String: Any] {
        let events = active.filter { $0.rule?.id == rule.id }
        let since = events.map(\.onsetAt).min().map(local)
        return [
            "id": rule.id, "version": rule.version, "name": rule.name,
            "sentence": RuleSentence(rule).description, "enabled": rule.isEnabled,
            "details": details(of: rule), "is_active": since != nil, "look": look(of: events),
            "active_text": since.map { "Active since \($0)" } ?? "",
        ]
    }

    /// On the clock of the rules, as short as it can be.
    private func local(_ time: Timestamp) -> String {
        let clock = ZoneClock(name: timeZone) ?? .utc
        func shifted(_ time: Timestamp) -> Timestamp {
            time.advanced(byMilliseconds: clock.offset(at: time.milliseconds))
        }
        return PageText.since(shifted(time), now: shifted(now))
    }

    /// `warning at 60 dB · hidden from the client · tells 2 recipients`
    private func details(of rule: AlertRule) -> String {
        let told = rule.recipients.count
        return [
            rule.warningTenths.map { "warning at \(RuleSentence.level($0)) dB" },
            rule.severity,
            rule.isVisibleToClient ? nil : "hidden from the client",
            told > 0 ? "tells \(PageText.count(told, "recipient", "recipients"))" : "tells nobody",
        ].compactMap { $0 }.joined(separator: " · ")
    }
}

extension OperatorListener.Sources {
    /// The card of a unit: the rules of the location where it is now, or its own.
    func alerts(of unit: UnitID, scope: AccessToken.Scope) async throws -> AlertsView {
        let site =
            try await sites.sites().assignment(of: unit, at: clock.now)
            .map { AlertRule.Site.location($0.location) } ?? .unit(unit)
        var question = EventQuestion()
        question.unit = unit
        return try await alerts(of: site, at: "units/\(unit)", question, scope)
    }

    /// The card of a location.
    func alerts(ofLocation id: String, scope: AccessToken.Scope) async throws -> AlertsView {
        var question = EventQuestion()
        question.location = id
        return try await alerts(of: .location(id), at: "locations/\(id)", question, scope)
    }

    private func alerts(
        of site: AlertRule.Site, at address: String, _ question: EventQuestion,
        _ scope: AccessToken.Scope
    ) async throws -> AlertsView {
        var question = question
        question.status = .active
        question.limit = 1
        let known = try await sites.sites()
        let location = site.location.flatMap { known.locations[$0] }
        return AlertsView(
            address: address, site: site, place: location?.name,
            timeZone: location.flatMap { known.projects[$0.project]?.timeZone } ?? "UTC",
            rules: try await rules.rules(of: site),
            unreadable: known.unreadable.filter { $0.value.site == site }.keys.sorted(),
            active: try await events.events(question).events.filter(\.isActive),
            mayChange: scope >= .operator, now: clock.now)
    }
}
