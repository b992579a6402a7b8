//  Pages+Location.swift · Serve

import Hummingbird

extension Pages {
    /// The page of a location, for its client. See `LocationView.context`.
    func location(_ view: LocationView, requestID: String) throws -> Response {
        try page(
            "portal-location", title: "\(view.name) · \(view.project)", view.context, requestID,
            home: "/portal")
    }
}
