//  PortalPages.swift · Serve
//
//  The clients' pages.

import HTTPTypes
import Hummingbird
import Monitoring

/// Renders the clients' pages.
struct PortalPages: Sendable {
    private let pages: Pages

    init(_ pages: Pages) { self.pages = pages }

    /// The button behind a link that lets in.
    func enter(requestID: String) throws -> Response {
        try door("Welcome", "Your measurements are behind this button.", button: "Continue")
    }

    /// The button of a project that is open to all who know its address.
    func open(requestID: String) throws -> Response {
        try door("Welcome", "This page is open to all who have its address.", button: "Continue")
    }

    /// Whoever has no session, and a link that does not let in: no hint of what there was.
    func access(requestID: String) throws -> Response {
        try door(
            "No access", "This link no longer works. Ask your contact for a new one.",
            status: .unauthorized)
    }

    func notFound() throws -> Response {
        try door(
            "Not found", "There is nothing at this address, or nothing that you may see.",
            status: .notFound)
    }

    func overview(
        _ overview: PortalOverview, _ session: PortalSession, requestID: String
    ) throws -> Response {
        let names = overview.places.map(\.place.location.name)
        return try door(overview.client.name, names.joined(separator: ", "))
    }

    func location(
        _ place: Place, _ desk: PortalDesk, _ request: Request, _ context: RequestScope
    ) async throws -> Response {
        let page = LocationPage(place, desk, request)
        return try pages.location(try await page.view(), requestID: context.requestID)
    }

    private func door(
        _ title: String, _ words: String, button: String? = nil,
        status: HTTPResponse.Status = .ok
    ) throws -> Response {
        try pages.page(
            "portal-door", title: title, ["words": words, "button": button as Any], "",
            status: status)
    }
}
