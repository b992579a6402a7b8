//  EventPages.swift · Serve
//
//  The inbox, and the page of one event.

import Hummingbird
import Monitoring

/// Answers `/events` and `/events/{id}`.
struct EventPages: Sendable {
    let sources: OperatorListener.Sources
    let pages: Pages

    func list(_ request: Request, _ context: RequestScope) async throws -> Response {
        let sites = try await sources.sites.sites()
        let query = EventListQuery(request.uri.queryParameters, sites: sites)
        let view = EventListView(
            page: try await sources.events.events(query.question), query: query, sites: sites,
            units: try await sources.directory.units().map(sources.snapshot(of:)),
            mayChange: mayChange(context), now: sources.clock.now)
        return try pages.events(view, requestID: context.requestID)
    }

    func show(_ context: RequestScope) async throws -> Response {
        guard let id = context.parameters.get("event").flatMap({ Int64($0) }),
            let event = try await sources.events.event(id)
        else { throw Problem.notFound }
        let places = EventPlaces(try await sources.sites.sites())
        let view = EventView(
            event: event, place: places.place(of: event), mayChange: mayChange(context),
            now: sources.clock.now)
        return try pages.event(view, requestID: context.requestID)
    }

    private func mayChange(_ context: RequestScope) -> Bool {
        (context.access?.scope ?? .viewer) >= .operator
    }
}
