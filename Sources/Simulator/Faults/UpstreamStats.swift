//  UpstreamStats.swift · Simulator
//
//  How an upstream was used: what a careful reader of the real one keeps low.

/// Counts of one upstream since it began.
package struct UpstreamStats: Hashable, Sendable {
    /// What a call asks for.
    package enum Call: String, CaseIterable, Sendable {
        case status, roster
        case monitorStatus = "monitor_status"
        case monitorStart = "monitor_start"
        case other
    }

    package internal(set) var requests: [Call: Int] = [:]
    /// Requests that were being answered at once.
    package internal(set) var inFlightMax = 0
    /// Units that were watched at once, and sockets that watched them.
    package internal(set) var watchedMax = 0
    package internal(set) var socketsMax = 0
    /// Watched units and requests at once: above 15 the real upstream freezes.
    package internal(set) var loadMax = 0
    package internal(set) var freezes = 0
    /// Calls that talk to a meter, which a poller must never make.
    package internal(set) var deviceCalls = 0

    package func count(_ call: Call) -> Int { requests[call] ?? 0 }

    mutating func count(method: String, segments: [String]) {
        let call: Call
        var touchesMeter = method != "GET" || segments.last == "stream"
        switch try? Route(method: method, segments: segments) {
        case .unit(_, .status): call = .status
        case .roster: call = .roster
        case .monitorStatus: call = .monitorStatus
        case .unit(_, .monitorStart):
            call = .monitorStart
            touchesMeter = false
        case .unit(_, .live), .unit(_, .measurementState), .deviceHealth:
            call = .other
            touchesMeter = true
        default: call = .other
        }
        requests[call, default: 0] += 1
        if touchesMeter { deviceCalls += 1 }
    }

    mutating func note(inFlight: Int, watched: Int, sockets: Int) {
        inFlightMax = max(inFlightMax, inFlight)
        watchedMax = max(watchedMax, watched)
        socketsMax = max(socketsMax, sockets)
        loadMax = max(loadMax, watched + inFlight)
    }

    /// As it is told over HTTP.
    var members: [JSON.Member] {
        let calls = Call.allCases.map { call in
            JSON.Member(key: call.rawValue, value: .integer(count(call)))
        }
        return [
            .init(key: "requests", value: .object(calls)),
            .init(key: "in_flight_max", value: .integer(inFlightMax)),
            .init(key: "watched_max", value: .integer(watchedMax)),
            .init(key: "sockets_max", value: .integer(socketsMax)),
            .init(key: "watched_and_in_flight_max", value: .integer(loadMax)),
            .init(key: "freezes", value: .integer(freezes)),
            .init(key: "device_calls", value: .integer(deviceCalls)),
        ]
    }
}

/// Counts of all upstreams.
package struct SimulatorStats: Hashable, Sendable {
    package internal(set) var upstreams: [UpstreamStats]
    /// Units that a fault touched, or will touch, in the order of the roster.
    package internal(set) var faultyUnits: [String]
}
