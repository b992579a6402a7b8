//  PlaceStreamRoute.swift · Serve
//
//  A place's present, told as it comes.

import Foundation
import HTTPTypes
import Monitoring
import Web

/// Streams at `/portal/api/location/{location}/stream`.
struct PlaceStreamRoute: SocketRoute {
    let hub: StreamHub
    let desk: PortalDesk

    var template: String { "/portal/api/location/{location}/stream" }

    func prepare(
        _ name: Substring, _ request: HTTPRequest, for guest: PortalSession
    ) async throws -> (SocketVisitor) -> any WebSocketPeer {
        let id = name.removingPercentEncoding ?? ""
        guard let place = try await desk.place(id, in: guest.scope) else { throw Problem.notFound }
        let seen = ClientPlace(location: id, stay: place.stay) { [desk] in
            guard let present = try await desk.place(id, in: guest.scope) else { return false }
            return present.stay == place.stay
        }
        return { Viewer(hub: hub, unit: place.stay?.unit, visitor: $0, place: seen) }
    }
}
