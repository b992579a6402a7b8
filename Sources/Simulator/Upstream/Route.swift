//  Route.swift · Simulator
//
//  The part of the real upstream's 60 paths that a reader of levels meets. Left out, and answered
//  404 or 405 as that framework does: changing the roster and configs, writing rules, meter
//  settings, FTP, sleep, logs, and the DRD stream.

/// A request that is answered.
enum Route: Equatable, Sendable {
    case health, deviceHealth, roster
    case monitorStatus, pollingStatus, systemStatus, connectionsStatus
    case unit(String, UnitRoute)

    enum UnitRoute: String, CaseIterable, Sendable {
        case config, status, live, history
        case measurementState = "measurement-state"
        case monitorStart = "monitor/start"
        case monitorStop = "monitor/stop"
        case start, stop, reset
        case rules = "alerts/rules"
        case events = "alerts/events"

        var method: String {
            switch self {
            case .monitorStart, .monitorStop, .start, .stop, .reset: "POST"
            default: "GET"
            }
        }
    }

    enum Failure: Error, Equatable {
        case notFound, methodNotAllowed
    }

    /// - Parameter segments: of the path, without percent-encoding.
    init(method: String, segments: [String]) throws(Failure) {
        let (route, allowed) = try Route.match(segments)
        guard method == allowed else { throw .methodNotAllowed }
        self = route
    }

    private static func match(_ segments: [String]) throws(Failure) -> (Route, String) {
        switch segments {
        case ["health"]: return (.health, "GET")
        case ["health", "devices"]: return (.deviceHealth, "GET")
        case ["api", "nl43", "roster"]: return (.roster, "GET")
        case ["api", "nl43", "_monitor", "status"]: return (.monitorStatus, "GET")
        case ["api", "nl43", "_polling", "status"]: return (.pollingStatus, "GET")
        case ["api", "nl43", "_system", "status"]: return (.systemStatus, "GET")
        case ["api", "nl43", "_connections", "status"]: return (.connectionsStatus, "GET")
        default: break
        }
        guard segments.count >= 4, segments[0] == "api", segments[1] == "nl43",
            !segments[2].isEmpty,
            let route = UnitRoute(rawValue: segments[3...].joined(separator: "/"))
        else { throw .notFound }
        return (.unit(segments[2], route), route.method)
    }

    /// The unit of a monitor's WebSocket path, `/api/nl43/{unit}/monitor`.
    static func monitoredUnit(segments: [String]) -> String? {
        guard segments.count == 4, segments[0] == "api", segments[1] == "nl43",
            segments[3] == "monitor", !segments[2].isEmpty
        else { return nil }
        return segments[2]
    }
}
