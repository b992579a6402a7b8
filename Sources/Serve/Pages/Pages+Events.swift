//  Pages+Events.swift · Serve

import Hummingbird

extension Pages {
    /// See `EventListView.context`.
    func events(_ view: EventListView, requestID: String) throws -> Response {
        try page("events", title: "Events", section: .events, view.context, requestID)
    }

    /// `detail`: see `EventView.detail`; `is_page`: it has a page of its own.
    func event(_ view: EventView, requestID: String) throws -> Response {
        try page(
            "event", title: "\(view.place.name), \(EventWords.title(of: view.event))",
            section: .events, ["detail": view.detail, "is_page": true], requestID)
    }
}
