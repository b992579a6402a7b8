//  UnitStreamRoute.swift · Serve
//
//  A unit's present, told as it comes.

import HTTPTypes
import Monitoring
import Web

/// Streams at `/api/units/{unit}/stream`.
struct UnitStreamRoute: SocketRoute {
    let hub: StreamHub
    let lookup: UnitLookup

    var template: String { "/api/units/{unit}/stream" }

    func prepare(
        _ name: Substring, _ request: HTTPRequest, for guest: Access
    ) async throws -> (SocketVisitor) -> any WebSocketPeer {
        let unit = try await lookup.unit(pathSegment: name).id
        return { Viewer(hub: hub, unit: unit, visitor: $0) }
    }
}
