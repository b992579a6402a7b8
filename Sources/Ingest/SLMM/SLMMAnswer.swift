//  SLMMAnswer.swift · Ingest
//
//  What SLMM 0.4.0 answers, body by body, as values. An allow-list: a field that is not read here
//  (addresses, FTP passwords, error texts) goes no further.

import JSON
import Monitoring

/// Why an answer cannot be used.
enum SLMMFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not JSON, or beyond its bounds.
    case json(JSONFault)
    /// JSON, but not what this call answers.
    case shape
    /// An HTTP status that this call should not have.
    case status(Int)

    var description: String {
        switch self {
        case .json(.tooLarge): "the answer is longer than 256 KiB"
        case .json(.tooDeep): "the answer is nested deeper than 32 levels"
        case .json(.malformed(let offset)): "the answer is not JSON from byte \(offset) on"
        case .shape: "the answer is JSON, but not that of this call"
        case .status(let status): "the answer has the HTTP status \(status)"
        }
    }
}

/// `GET /api/nl43/{unit}/status`: the newest reading that the upstream keeps.
enum SLMMStatus: Hashable, Sendable {
    case reading(SLMMReading, isReachable: Bool?)
    /// Registered, never read.
    case neverRead

    /// - Parameter status: the HTTP status of the answer.
    init(_ body: some Sequence<UInt8>, status: Int = 200) throws(SLMMFault) {
        let json = try SLMMFault.parse(body, whenStatus: status, isAmong: [200, 404])
        if status == 404 {
            // The upstream's own 404 explains itself; another server's says nothing of the unit.
            guard json["detail"] != nil else { throw .status(404) }
            self = .neverRead
            return
        }
        guard let data = json["data"], data.members != nil else { throw .shape }
        // The row of a unit that never answered has the time when the row was made.
        let hasLevel = data["lp"]?.string != nil
        if !hasLevel, data["measurement_state"]?.string ?? "unknown" == "unknown" {
            self = .neverRead
            return
        }
        guard let reading = SLMMReading(data, timeKey: "last_seen") else { throw .shape }
        self = .reading(reading, isReachable: data["is_reachable"]?.bool)
    }
}

/// One message of `WS /api/nl43/{unit}/monitor`.
enum SLMMMonitorMessage: Hashable, Sendable {
    case reading(SLMMReading)
    /// The upstream has given the meter up for the time being.
    case unreachable
    /// Says only that the connection lives. Not a reading, whatever it carries.
    case heartbeat

    init(_ body: some Sequence<UInt8>) throws(SLMMFault) {
        let json = try SLMMFault.parse(body, whenStatus: 200, isAmong: [200])
        let isUnreachable = json["feed_status"]?.string == "unreachable"
        if json["heartbeat"]?.bool == true {
            self = isUnreachable ? .unreachable : .heartbeat
        } else if isUnreachable {
            self = .unreachable
        } else if let reading = SLMMReading(json, timeKey: "timestamp") {
            self = .reading(reading)
        } else {
            throw .shape
        }
    }
}

/// `GET /api/nl43/roster`: the units that the upstream knows. A row has passwords and addresses;
/// the name is all that is taken from it.
struct SLMMRoster: Hashable, Sendable {
    /// In the upstream's order, each once.
    let names: [String]
    /// Names that could not be one of ours: empty, too long, or with other characters.
    let refusedCount: Int

    init(_ body: some Sequence<UInt8>, status: Int = 200) throws(SLMMFault) {
        let json = try SLMMFault.parse(body, whenStatus: status, isAmong: [200])
        guard let rows = json["devices"]?.array else { throw .shape }
        var names: [String] = []
        var seen: Set<String> = []
        var refusedCount = 0
        for row in rows {
            guard let name = row["unit_id"]?.string, UnitID.isPlain(name) else {
                refusedCount += 1
                continue
            }
            if seen.insert(name).inserted { names.append(name) }
        }
        self.names = names
        self.refusedCount = refusedCount
    }
}

/// `GET /api/nl43/_monitor/status`: the feeds that run at the upstream, whoever wanted them.
struct SLMMMonitors: Hashable, Sendable {
    /// Names of the units whose monitor runs.
    var running: Set<String> = []
    /// Of those, the ones whose meter does not answer: the only word on it that can be trusted.
    var unreachable: Set<String> = []
    /// Listed, and not running: somebody stopped them. What never ran since the upstream's start
    /// is not listed.
    var stopped: Set<String> = []

    init(_ body: some Sequence<UInt8>, status: Int = 200) throws(SLMMFault) {
        let json = try SLMMFault.parse(body, whenStatus: status, isAmong: [200])
        guard let monitors = json["monitors"]?.members else { throw .shape }
        for monitor in monitors {
            guard monitor.value["running"]?.bool == true else {
                stopped.insert(monitor.key)
                continue
            }
            running.insert(monitor.key)
            if monitor.value["reachable"]?.bool == false { unreachable.insert(monitor.key) }
        }
    }
}

extension SLMMFault {
    static func parse(
        _ body: some Sequence<UInt8>, whenStatus status: Int, isAmong expected: [Int]
    ) throws(SLMMFault) -> JSONValue {
        guard expected.contains(status) else { throw .status(status) }
        do {
            return try JSONValue(body)
        } catch {
            throw .json(error)
        }
    }
}
