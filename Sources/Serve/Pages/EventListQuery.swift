//  EventListQuery.swift · Serve
//
//  Which events a list shows: `?status=active&project=p1&cursor=…`.

import Hummingbird
import Monitoring

/// What the address of the inbox says. What it does not know it passes over: an address that was
/// typed in still shows a list.
struct EventListQuery {
    var status = EventQuestion.Status.unacknowledged
    private(set) var project: String?
    private(set) var location: String?
    private(set) var unit: UnitID?
    private(set) var cursor: EventQuestion.Cursor?
    /// The event that is shown beside the list.
    private(set) var event: Int64?

    /// Rows of a page; active events are there besides.
    static let rows = 50

    init(_ parameters: Parameters, sites: Sites) {
        func value(_ name: String) -> String? { parameters[Substring(name)].map(String.init) }
        status = value("status").flatMap(EventQuestion.Status.init) ?? .unacknowledged
        project = value("project").flatMap { sites.projects[$0]?.id }
        location = value("location").flatMap { sites.locations[$0]?.id }
        unit = value("unit").flatMap { UnitID($0) }
        cursor = value("cursor").flatMap { EventQuestion.Cursor($0) }
        event = value("event").flatMap { Int64($0) }
    }

    var isFiltered: Bool { project != nil || location != nil || unit != nil }

    var question: EventQuestion {
        var question = EventQuestion()
        question.status = status
        question.project = project
        question.location = location
        question.unit = unit
        question.limit = EventListQuery.rows
        question.cursor = cursor
        return question
    }

    /// An active event is in every answer of the book; what was acknowledged needs nobody.
    func shows(_ event: SoundEvent) -> Bool {
        status != .unacknowledged || event.acknowledgements.isEmpty
    }

    /// Where the same list stands, with another state or from another place on. Ids are of
    /// characters that an address takes as they are.
    func address(
        _ status: EventQuestion.Status? = nil, from cursor: EventQuestion.Cursor? = nil
    ) -> String {
        let parts: [(String, String?)] = [
            ("status", (status ?? self.status).rawValue), ("project", project),
            ("location", location), ("unit", unit?.name), ("cursor", cursor?.text),
        ]
        let query = parts.compactMap { name, value in value.map { "\(name)=\($0)" } }
        return "/events?\(query.joined(separator: "&"))"
    }
}
