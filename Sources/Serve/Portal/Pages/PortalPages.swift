//  PortalPages.swift · Serve
//
//  The clients' pages.

import HTTPTypes
import Hummingbird
import Monitoring

/// Renders the clients' pages. Their templates have, beside what all have (see `Pages`), `portal`:
/// `client`, `zone`: words; `notice`: who else may be looking, or absent.
struct PortalPages: Sendable {
    private let pages: Pages
    /// `nil`: without a street map.
    private let streetMap: StreetMap?

    init(_ pages: Pages, streetMap: StreetMap? = nil) {
        self.pages = pages
        self.streetMap = pages.has("leaflet.min.js") ? streetMap : nil
    }

    // MARK: - Doors

    /// The button behind a link that lets in.
    func enter(requestID: String) throws -> Response {
        try door("Welcome", "Your sound levels are behind this button.", button: "Continue")
    }

    /// The button of a project that is open to all who know its address.
    func open(requestID: String) throws -> Response {
        try door(
            "Welcome", "This page is open to everybody who has its address.", button: "Continue")
    }

    /// Whoever has no session, and a link that does not let in: no hint of what there was.
    func access(requestID: String) throws -> Response {
        try door(
            "No access", "This link no longer works. Ask your contact for a new one.",
            small: "If you signed out, or were away for long: open the link that you were given again.",
            status: .unauthorized)
    }

    /// The same bytes each time: nobody can tell what is not there from what is somebody else's.
    func notFound() throws -> Response {
        try door(
            "Not found", "There is nothing at this address, or nothing that you may see.",
            status: .notFound)
    }

    private func door(
        _ title: String, _ words: String, button: String? = nil, small: String? = nil,
        status: HTTPResponse.Status = .ok
    ) throws -> Response {
        var context: [String: Any] = ["words": words]
        context["button"] = button
        context["small"] = small
        return try pages.page(
            "portal-door", title: title, context, "", status: status, home: "/portal")
    }

    // MARK: - Places

    /// - Parameter view: `tiles` or `table`; everything else: what suits the number of places.
    func overview(
        _ overview: PortalOverview, _ session: PortalSession, view: String? = nil, requestID: String
    ) throws -> Response {
        let view = OverviewView(overview, style: view.flatMap(OverviewView.Style.init))
        var context = view.context
        context["portal"] = PortalPages.frame(
            client: overview.client.name, zone: view.zoneText, session: session)
        context["tile_url"] = streetMap?.tiles
        context["tile_attribution"] = streetMap?.attribution
        return try pages.page(
            "portal-overview", title: "Locations · \(overview.client.name)", context, requestID,
            home: "/portal")
    }

    func location(
        _ place: Place, _ desk: PortalDesk, _ request: Request, _ context: RequestScope
    ) async throws -> Response {
        let page = LocationPage(place, desk, request)
        return try pages.location(try await page.view(), requestID: context.requestID)
    }

    /// What templates name as `portal`.
    ///
    /// - Parameter zone: `London (UTC)`; empty where a page has several.
    static func frame(client: String, zone: String, session: PortalSession) -> [String: Any] {
        var frame: [String: Any] = [
            "client": client, "zone": zone.isEmpty ? "Times in each project’s zone" : "Times in \(zone)",
        ]
        frame["notice"] =
            switch session.purpose {
            case .client: nil
            case .preview: "This is a preview: your client sees the same. Sign out to end it."
            case .open: "Quick share: everybody who has the address of this page can see it."
            } as String?
        return frame
    }
}

/// Whose tiles are behind the locations, for those who ask for a street map.
package struct StreetMap: Hashable, Sendable {
    /// `https://host/{z}/{x}/{y}.png`
    package let tiles: String
    /// Whose map it is, as text.
    package let attribution: String

    package init(tiles: String, attribution: String) {
        self.tiles = tiles
        self.attribution = attribution
    }

    /// `https://host`: the only foreign address that a page may fetch pictures from.
    var origin: String { tiles.split(separator: "/").prefix(2).joined(separator: "//") }
}
