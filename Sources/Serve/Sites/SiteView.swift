//  SiteView.swift · Serve
//
//  Clients, projects and locations as pages show them: words and numbers as people read them.

import Monitoring

/// Where is measured and for whom, with how the units there are doing.
struct SiteView {
    let sites: Sites
    /// All that are configured.
    let units: [UnitSnapshot]
    /// How many events are active at a location.
    let active: [String: Int]
    let mayChange: Bool
    let now: Timestamp

    // MARK: - All

    /// What the template `projects` names:
    ///
    /// - `clients`, by name: `id`, `name`, `is_removable`, `has_projects`, `projects` (see
    ///   ``row(_:)``); `has_clients`.
    /// - `hours_start`, `hours_end`, `days`: of a new project, as ``page(of:)`` has them.
    /// - `may_change`; `has_deleted`, `deleted_text`: `2 deleted projects`, that are left out.
    func projects(withDeleted isWhole: Bool) -> [String: Any] {
        let rows = sites.clients.values.sorted { ($0.name, $0.id) < ($1.name, $1.id) }.map { client in
            let all = sites.projects(of: client.id)
            let shown = all.filter { isWhole || $0.status != .deleted }
                .sorted { ($0.status.rank, $0.name, $0.id) < ($1.status.rank, $1.name, $1.id) }
            return [
                "id": client.id, "name": client.name, "is_removable": all.isEmpty,
                "has_projects": !shown.isEmpty, "projects": shown.map(row),
            ] as [String: Any]
        }
        let deleted = isWhole ? 0 : sites.projects.values.count { $0.status == .deleted }
        return [
            "clients": rows, "has_clients": !rows.isEmpty, "may_change": mayChange,
            "hours_start": SiteView.dayStart, "hours_end": SiteView.dayEnd,
            "days": SiteView.days(checked: SiteView.workdays), "has_deleted": deleted > 0,
            "deleted_text": PageText.count(deleted, "deleted project", "deleted projects"),
        ]
    }

    /// - `id`, `name`, `time_zone`; `status_word`, `is_ended`.
    /// - `locations_text`: `3 locations`; `units_text`: `2 of 3 measuring`, or an en dash.
    /// - `active`, `has_active`: of events.
    private func row(_ project: Project) -> [String: Any] {
        let places = sites.locations(of: project.id).filter { $0.status == .active }
        let here = places.compactMap { snapshot(at: $0.id) }
        let measuring = here.count { $0.condition(at: now) == .measuring }
        let events = places.reduce(0) { $0 + active[$1.id, default: 0] }
        return [
            "id": project.id, "name": project.name, "time_zone": project.timeZone,
            "status_word": project.status.words, "is_ended": project.status != .active,
            "locations_text": PageText.count(places.count, "location", "locations"),
            "units_text": here.isEmpty ? PageText.none : "\(measuring) of \(here.count) measuring",
            "active": "\(events)", "has_active": events > 0,
        ]
    }

    // MARK: - One project

    /// What the template `project` names:
    ///
    /// - `id`, `name`, `time_zone`, `status`, `status_word`, `is_active`, `is_archived`,
    ///   `is_deleted`; `client_name`; `may_change`.
    /// - `clients`: `value`, `words`, `selected`.
    /// - `has_hours`, `hours_text`: `08:00–18:00 Mon Tue`; `hours_start`, `hours_end`, `days`:
    ///   `value`, `words`, `checked`.
    /// - `locations`, in use first, by name; `has_locations`: see the other `row`; `blank`: the fields
    ///   of a new one.
    func page(of project: Project) -> [String: Any] {
        let places = sites.locations(of: project.id).sorted {
            ($0.status == .active ? 0 : 1, $0.name, $0.id) < ($1.status == .active ? 0 : 1, $1.name, $1.id)
        }
        let hours = project.monitoringHours
        let days = hours?.days.names ?? SiteView.workdays
        return [
            "id": project.id, "name": project.name, "time_zone": project.timeZone,
            "status": project.status.rawValue, "status_word": project.status.words,
            "is_active": project.status == .active, "is_archived": project.status == .archived,
            "is_deleted": project.status == .deleted,
            "client_name": sites.clients[project.client]?.name ?? project.client,
            "may_change": mayChange,
            "clients": sites.clients.values.sorted { ($0.name, $0.id) < ($1.name, $1.id) }.map {
                ["value": $0.id, "words": $0.name, "selected": $0.id == project.client] as [String: Any]
            },
            "has_hours": hours != nil, "hours_text": hours.map(SiteView.words) ?? "",
            "hours_start": hours.map { RuleBody.timeOfDay($0.startMinute) } ?? SiteView.dayStart,
            "hours_end": hours.map { RuleBody.timeOfDay($0.endMinute) } ?? SiteView.dayEnd,
            "days": SiteView.days(checked: days),
            "locations": places.map(row), "has_locations": !places.isEmpty,
            "blank": ["name": "", "latitude": "", "longitude": "", "is_vibration": false] as [String: Any],
        ]
    }

    /// - `id`, `name`, `kind_word`, `is_removed`.
    /// - `unit`, `has_unit`; of the unit what ``UnitView/context`` says.
    /// - `active`, `has_active`: of events.
    private func row(_ place: Location) -> [String: Any] {
        let unit = snapshot(at: place.id)
        var row: [String: Any] = unit.map { UnitView(snapshot: $0, now: now).context } ?? [:]
        let events = active[place.id, default: 0]
        row["id"] = place.id
        row["name"] = place.name
        row["kind_word"] = place.kind.words
        row["is_removed"] = place.status == .removed
        row["unit"] = unit?.unit.id.name ?? ""
        row["has_unit"] = unit != nil
        row["active"] = "\(events)"
        row["has_active"] = events > 0
        return row
    }

    // MARK: - One location

    /// What the template `location` names:
    ///
    /// - `location`: `id`, `name`, `kind_word`, `is_vibration`, `is_removed`, `is_in_use`, `latitude`,
    ///   `longitude`, `has_place`; `project_id`, `project_name`, `time_zone`.
    /// - `has_unit`, `unit`: see ``UnitView/context``; `unit_from`, `unit_since`: when it came, as
    ///   in a path and in words.
    /// - `assignments`, newest first: `unit`, `has_page`, `from`, `to`, `is_open`, `is_planned`;
    ///   `has_assignments`.
    /// - `units`: `id`, `place` (where it is now; or empty), `is_elsewhere`, `is_here`; `has_units`.
    /// - `active`, `has_active`: of events; `may_change`. `alerts` comes from `AlertsView`.
    func page(of place: Location, in project: Project) -> [String: Any] {
        let clock = ZoneClock(name: project.timeZone) ?? .utc
        let all = sites.assignments(of: place.id)
        let present = all.last { $0.holds(at: now) }
        let unit = snapshot(at: place.id)
        let events = active[place.id, default: 0]
        let known = Set(units.map(\.unit.id))
        return [
            "location": [
                "id": place.id, "name": place.name, "kind_word": place.kind.words,
                "is_vibration": place.kind == .vibration, "is_removed": place.status == .removed,
                "is_in_use": sites.isInUse(place.id),
                "latitude": place.latitude.map { "\($0)" } ?? "",
                "longitude": place.longitude.map { "\($0)" } ?? "", "has_place": place.latitude != nil,
                "project_id": project.id, "project_name": project.name,
                "time_zone": project.timeZone,
            ] as [String: Any],
            "has_unit": unit != nil,
            "unit": unit.map { UnitView(snapshot: $0, now: now).context } ?? [:],
            "unit_from": present?.from.description ?? "",
            "unit_since": present.map { PageText.moment($0.from, on: clock) } ?? "",
            "assignments": all.reversed().map { assignment in
                [
                    "unit": assignment.unit.name, "has_page": known.contains(assignment.unit),
                    "from": PageText.moment(assignment.from, on: clock),
                    "to": assignment.to.map { PageText.moment($0, on: clock) } ?? "",
                    "is_open": assignment.to == nil, "is_planned": assignment.from > now,
                ] as [String: Any]
            },
            "has_assignments": !all.isEmpty, "units": unitOptions(at: place.id),
            "has_units": !units.isEmpty, "active": "\(events)", "has_active": events > 0,
            "may_change": mayChange,
        ]
    }

    private func unitOptions(at place: String) -> [[String: Any]] {
        let places = Dictionary(
            sites.assignments.filter { $0.holds(at: now) }.map { ($0.unit, $0.location) },
            uniquingKeysWith: { $1 })
        return units.map(\.unit.id).sorted().map { unit in
            let other = places[unit].flatMap { sites.locations[$0]?.name }
            return [
                "id": unit.name, "place": other ?? "", "is_elsewhere": other != nil,
                "is_here": places[unit] == place,
            ]
        }
    }

    // MARK: - Words

    private func snapshot(at place: String) -> UnitSnapshot? {
        guard let id = sites.unit(at: place, now) else { return nil }
        return units.first { $0.unit.id == id }
    }

    private static let dayWords = [
        "mon": "Mon", "tue": "Tue", "wed": "Wed", "thu": "Thu", "fri": "Fri", "sat": "Sat",
        "sun": "Sun",
    ]

    /// What the hours of a project that has none begin with.
    private static let (dayStart, dayEnd) = ("08:00", "18:00")
    private static let workdays = Array(Weekdays.names.prefix(5))

    /// The days of the week as boxes to tick.
    static func days(checked: [String]) -> [[String: Any]] {
        Weekdays.names.map {
            ["value": $0, "words": dayWords[$0] ?? $0, "checked": checked.contains($0)]
        }
    }

    private static func words(_ hours: Schedule) -> String {
        let days = hours.days.names.map { dayWords[$0] ?? $0 }
        let span = "\(RuleBody.timeOfDay(hours.startMinute))–\(RuleBody.timeOfDay(hours.endMinute))"
        return days.count == 7 ? "\(span) every day" : "\(span) \(days.joined(separator: " "))"
    }
}

extension Project.Status {
    /// Those that matter come first.
    fileprivate var rank: Int {
        switch self {
        case .active: 0
        case .archived: 1
        case .deleted: 2
        }
    }

    fileprivate var words: String {
        switch self {
        case .active: "Active"
        case .archived: "Archived"
        case .deleted: "Deleted"
        }
    }
}

extension Location.Kind {
    fileprivate var words: String {
        switch self {
        case .sound: "Sound"
        case .vibration: "Vibration"
        }
    }
}
