//  Pages+System.swift · Serve
//
//  The pages about Earshot itself.

import Hummingbird

extension Pages {
    /// See `NotificationsView.context`.
    func notifications(_ view: NotificationsView, requestID: String) throws -> Response {
        try page(
            "notifications", title: "Notifications", section: .notifications, view.context, requestID)
    }

    /// See `SystemView.context`.
    func system(_ view: SystemView, requestID: String) throws -> Response {
        try page("system", title: "System", section: .system, view.context, requestID)
    }
}
