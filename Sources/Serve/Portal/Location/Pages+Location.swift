//  Pages+Location.swift · Serve

import Hummingbird

extension Pages {
    /// The page of a location, for its client. See `LocationView.context`.
    ///
    /// - Parameter frame: see `PortalPages.frame`.
    func location(
        _ view: LocationView, frame: [String: Any] = [:], requestID: String
    ) throws -> Response {
        var context = view.context
        context["portal"] = frame
        return try page(
            "portal-location", title: "\(view.name) · \(view.project)", context, requestID,
            home: "/portal")
    }
}
