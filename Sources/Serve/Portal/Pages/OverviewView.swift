//  OverviewView.swift · Serve
//
//  The clients' first page: all places, what needs a look first.

import Monitoring

/// All places of a client as the first page shows them.
struct OverviewView {
    /// Tiles, or a table for many places.
    enum Style: String, CaseIterable {
        case tiles, table

        var words: String { self == .tiles ? "Tiles" : "Table" }
    }

    /// From so many places on a table is easier to read.
    static let tableMinimum = 50

    let overview: PortalOverview
    let style: Style
    private let tiles: [PlaceTile]

    /// - Parameter style: what the address asks for; `nil`: what suits the number of places.
    init(_ overview: PortalOverview, style: Style? = nil) {
        self.overview = overview
        self.style = style ?? (overview.places.count < OverviewView.tableMinimum ? .tiles : .table)
        tiles = overview.places.map { PlaceTile($0, now: overview.now) }.sorted {
            ($0.rank, $0.summary.place.location.name) < ($1.rank, $1.summary.place.location.name)
        }
    }

    var scale: LevelScale {
        LevelScale(tiles.flatMap { $0.drawing.means.compactMap { $0 } + ($0.drawnLimit.map { [$0] } ?? []) })
    }

    /// For templates:
    ///
    /// - `groups`: a project each, with `name`, `zone`, `tiles` (`PlaceTile.context`), `ticks`
    ///   (`x`, `text`); `has_groups` for several; `subject`: `Harbour Quarter · 6 locations`.
    /// - `counts`: `look`, `group`, `count`, `hidden`, in the order of tiles.
    /// - `is_table`; `styles`: `href`, `words`, `is_current`.
    /// - `plan`: see ``planContext``, absent without coordinates; `unplaced`: `name`, `href`,
    ///   `has_unplaced`.
    /// - `is_down`, `known`: a meter service does not answer, and since when.
    /// - `is_empty`; `now`: RFC 3339.
    var context: [String: Any] {
        var context: [String: Any] = [
            "groups": groups, "has_groups": projects.count > 1, "subject": subject,
            "counts": counts, "is_table": style == .table, "is_empty": tiles.isEmpty,
            "styles": OverviewView.Style.allCases.map {
                ["href": "/portal?view=\($0.rawValue)", "words": $0.words, "is_current": $0 == style]
            },
            "now": overview.now.description, "is_down": known != nil, "known": known ?? "",
            "unplaced": tiles.map(\.summary.place.location).filter { !$0.isPlaced }.map {
                ["name": $0.name, "href": "/portal/location/\($0.id)"]
            },
        ]
        context["has_unplaced"] = tiles.contains { !$0.summary.place.location.isPlaced }
        context["plan"] = planContext
        return context
    }

    /// What the zones are called in the bar; empty where projects have several.
    var zoneText: String {
        let zones = Set(projects.map(\.timeZone))
        return zones.count == 1 ? LocalWords(zone: zones.first!, now: overview.now).zoneText : ""
    }

    /// By name.
    private var projects: [Project] {
        let all = Dictionary(tiles.map { ($0.summary.place.project.id, $0.summary.place.project) }) { $1 }
        return all.values.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    private var groups: [[String: Any]] {
        let scale = scale
        let byProject = Dictionary(grouping: tiles) { $0.summary.place.project.id }
        return projects.enumerated().map { index, project in
            let own = byProject[project.id] ?? []
            let ticks = own.first.map { $0.drawing.ticks($0.words) } ?? []
            return [
                "id": "project-\(index + 1)", "name": project.name, "time_zone": project.timeZone,
                "zone": LocalWords(zone: project.timeZone, now: overview.now).zoneText,
                "tiles": own.map { $0.context(scale) },
                "ticks": ticks.map { ["x": Shape.text(hundredths: $0.start), "text": $0.text] },
            ]
        }
    }

    private var subject: String {
        let count = PageText.count(tiles.count, "location", "locations")
        let projects = projects
        switch projects.count {
        case 0: return ""
        case 1: return "\(projects[0].name) · \(count)"
        default: return "\(projects.count) projects · \(count)"
        }
    }

    /// In this order; those without a place are there, too, for the browser to show.
    static let groupNames: [(name: String, look: PlaceTile.Look)] = [
        ("above limit", .above), ("delayed", .delayed), ("measuring", .live), ("stopped", .idle),
        ("waiting", .idle), ("without a meter", .idle),
    ]

    private var counts: [[String: Any]] {
        let counts = Dictionary(grouping: tiles, by: \.group).mapValues(\.count)
        return OverviewView.groupNames.map { name, look in
            [
                "group": name, "look": look.rawValue, "count": "\(counts[name] ?? 0)",
                "hidden": counts[name] == nil,
            ]
        }
    }

    /// The newest reading of those whose service does not answer.
    private var known: String? {
        let down = tiles.filter { $0.summary.state.status == .upstreamDown }
        guard !down.isEmpty else { return nil }
        func time(_ tile: PlaceTile) -> Int64 {
            tile.summary.state.newest?.time.milliseconds ?? .min
        }
        let newest = down.max { time($0) < time($1) }
        return newest.flatMap { tile in tile.summary.state.newest.map { tile.words.since($0.time) } }
            ?? PageText.none
    }

    /// - `markers`: `id`, `name`, `href`, `look`, `word`, `x`, `y`, `latitude`, `longitude`;
    ///   `label`: `text`, `x`, `y`, `anchor`, or absent.
    /// - `columns`, `rows`: of the grid; `bar_length`, `bar_text`: the scale.
    private var planContext: [String: Any]? {
        let placed = tiles.filter(\.summary.place.location.isPlaced)
        guard
            let plan = SitePlan(
                placed.map {
                    let location = $0.summary.place.location
                    return SitePlan.Site(
                        id: location.id, name: location.name, latitude: location.latitude!,
                        longitude: location.longitude!)
                })
        else { return nil }
        let markers = zip(placed, plan.markers).map { tile, marker in
            let location = tile.summary.place.location
            var context: [String: Any] = [
                "id": location.id, "name": location.name, "href": "/portal/location/\(location.id)",
                "look": tile.look.rawValue, "word": tile.word, "x": Shape.text(marker.x),
                "y": Shape.text(marker.y), "latitude": "\(location.latitude!)",
                "longitude": "\(location.longitude!)",
            ]
            if let label = marker.label {
                context["label"] = [
                    "text": label.text, "x": Shape.text(label.x), "y": Shape.text(label.y),
                    "anchor": label.anchor.rawValue,
                ]
            }
            return context
        }
        return [
            "markers": markers, "columns": plan.grid.columns.map { Shape.text($0) },
            "rows": plan.grid.rows.map { Shape.text($0) },
            "bar_length": Shape.text(plan.barLength), "bar_text": plan.barText,
        ]
    }
}

extension Location {
    var isPlaced: Bool { latitude != nil && longitude != nil }
}
