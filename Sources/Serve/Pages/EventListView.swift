//  EventListView.swift · Serve
//
//  The inbox as the first page shows it.

import Monitoring

/// The inbox as the first page shows it.
struct EventListView {
    let page: EventPage
    let query: EventListQuery
    let sites: Sites
    let units: [UnitSnapshot]
    let mayChange: Bool
    let now: Timestamp

    /// What the template names:
    ///
    /// - `totals`: as on the list of units.
    /// - `active`, `unacknowledged`: `2 active`, `3 to acknowledge`; `has_active`.
    /// - `tabs`: `href`, `words`, `count` (empty for none), `is_current`.
    /// - `status`; `projects`, `locations`, `units`: `value`, `words`, `selected`; `is_filtered`.
    /// - `events`: `EventView.row`; `next`: where the next page is, if `has_next`; `here`: where
    ///   this list's first page is.
    /// - `is_empty`, with `empty_title` and `empty_words`.
    /// - `detail`: `EventView.detail` of the event beside the list; if `has_detail`.
    /// - `may_change`.
    var context: [String: Any] {
        let places = EventPlaces(sites)
        let shown = page.events.filter(query.shows)
        let views = shown.map {
            EventView(event: $0, place: places.place(of: $0), mayChange: mayChange, now: now)
        }
        let beside = views.first { $0.event.id == query.event } ?? views.first { $0.event.isSaved }
        var context: [String: Any] = [
            "totals": UnitListView.totals(of: units, now: now),
            "active": "\(page.active) active", "has_active": page.active > 0,
            "unacknowledged": "\(page.unacknowledged) to acknowledge", "tabs": tabs,
            "status": query.status.rawValue, "projects": projects, "locations": locations,
            "units": unitOptions, "is_filtered": query.isFiltered, "events": views.map(\.row),
            "next": page.next.map { query.address(from: $0) } ?? "", "has_next": page.next != nil,
            "here": query.address(), "is_empty": shown.isEmpty,
            "empty_title": emptyTitle, "empty_words": watched, "may_change": mayChange,
        ]
        context["has_detail"] = beside != nil
        context["is_page"] = false
        context["detail"] = beside?.detail
        return context
    }

    private var tabs: [[String: Any]] {
        func tab(_ status: EventQuestion.Status, _ words: String, _ count: String) -> [String: Any] {
            [
                "href": query.address(status), "words": words, "count": count,
                "is_current": status == query.status,
            ]
        }
        return [
            tab(.active, "Active", "\(page.active)"),
            tab(.unacknowledged, "To acknowledge", "\(page.unacknowledged)"),
            tab(.all, "All", ""),
        ]
    }

    private func option(_ value: String, _ words: String, _ isSelected: Bool) -> [String: Any] {
        ["value": value, "words": words, "selected": isSelected]
    }

    private var projects: [[String: Any]] {
        sites.projects.values.filter { $0.status != .deleted || $0.id == query.project }
            .sorted { ($0.name, $0.id) < ($1.name, $1.id) }
            .map { option($0.id, $0.name, $0.id == query.project) }
    }

    private var locations: [[String: Any]] {
        sites.locations.values.filter { $0.status == .active || $0.id == query.location }
            .map { ($0, "\(sites.projects[$0.project]?.name ?? $0.project) · \($0.name)") }
            .sorted { ($0.1, $0.0.id) < ($1.1, $1.0.id) }
            .map { option($0.id, $1, $0.id == query.location) }
    }

    private var unitOptions: [[String: Any]] {
        units.map { option($0.unit.id.name, $0.unit.id.name, $0.unit.id == query.unit) }
    }

    private var emptyTitle: String {
        if query.isFiltered { return "No events here" }
        return query.status == .all ? "No events yet" : "All clear"
    }

    /// What is watched, so that silence can be trusted.
    private var watched: String {
        let rules = sites.rules.values.filter { rule in
            rule.isEnabled && (rule.site.location.map(sites.isInUse) ?? true)
        }
        let places = Set(rules.map(\.site)).count
        let limits =
            rules.isEmpty
            ? "No limits are set."
            : "\(PageText.count(rules.count, "limit is", "limits are")) watched at "
                + "\(PageText.count(places, "place", "places"))."
        let many = units.count == 1 ? "1 unit is" : "\(units.count) units are"
        return "\(limits) \(many) watched for readings that stop, meters that do not measure and "
            + "levels that cannot be."
    }
}
