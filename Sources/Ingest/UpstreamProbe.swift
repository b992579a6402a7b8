//  UpstreamProbe.swift · Ingest
//
//  Asks an upstream how it is, for `earshot doctor`: two calls, one after the other, that touch no
//  meter and change nothing.

import AsyncHTTPClient
import JSON
package import Monitoring
import NIOCore
import NIOPosix

/// What an upstream says about itself.
package struct UpstreamProbe: Sendable {
    package enum State: Hashable, Sendable {
        case ok
        /// No connection; with the reason.
        case down(String)
        /// Accepts connections and does not answer in time.
        case stalled
        /// Answers, but not as an SLMM does; with what was wrong.
        case foreign(String)
    }

    package var state = State.ok
    /// Its names of its units.
    package var units: [String] = []
    /// Of those, the ones it has never had a reading of.
    package var neverRead: [String] = []
    /// Feeds that run there, and those of them that somebody watches at full rate.
    package var runningCount = 0
    package var watchedCount = 0
    /// At least how far its clock is from ours, ahead when positive; from its `Date`, which is to
    /// the second. `nil` when it tells none.
    package var clockOffsetMilliseconds: Int64?

    package init() {}

    /// Asks the upstream at `url`; at most one request is under way at a time.
    ///
    /// - Parameter timeout: for each of the two calls.
    package static func ask(
        _ url: String, timeout: Duration, clock: any WallClock
    ) async -> UpstreamProbe {
        var probe = UpstreamProbe()
        guard let address = try? UpstreamAddress(url) else {
            probe.state = .foreign("its URL is not http://host or http://host:port")
            return probe
        }
        let client = UpstreamExchange.makeClient(
            on: MultiThreadedEventLoopGroup.singleton, timeout: timeout, patience: timeout)
        await probe.ask(
            UpstreamExchange(
                client: client, address: address, timeout: timeout,
                deadlines: Stopwatch(ContinuousClock())), clock)
        try? await client.shutdown()
        return probe
    }

    private mutating func ask(_ exchange: UpstreamExchange, _ clock: any WallClock) async {
        do {
            let sent = clock.now
            let roster = try await exchange.make(.roster)
            clockOffsetMilliseconds = roster.date.map {
                UpstreamProbe.offset(date: $0, sent: sent, received: clock.now)
            }
            try readRoster(try roster.json(of: .roster))
            try readMonitors(try await exchange.make(.monitors).json(of: .monitors))
        } catch let failure as ExchangeFailure {
            switch failure {
            case .refused(let cause): state = .down(cause)
            case .timedOut: state = .stalled
            case .tooLarge: state = .foreign("its answer is larger than 256 KiB")
            case .cancelled: state = .down("given up")
            }
        } catch let foreign as Foreign {
            state = .foreign(foreign.reason)
        } catch {
            state = .foreign("\(error)")
        }
    }

    private mutating func readRoster(_ json: JSONValue) throws(Foreign) {
        guard let rows = json["devices"]?.array else {
            throw Foreign(reason: "its roster lists no devices")
        }
        for row in rows {
            guard let name = row["unit_id"]?.string else {
                throw Foreign(reason: "its roster has a device without a unit_id")
            }
            units.append(name)
            // The row of a unit that never answered has a time too; its state gives it away.
            if row["status"]?["measurement_state"]?.string ?? "unknown" == "unknown" {
                neverRead.append(name)
            }
        }
    }

    private mutating func readMonitors(_ json: JSONValue) throws(Foreign) {
        guard let monitors = json["monitors"]?.members else {
            throw Foreign(reason: "it does not tell its monitors")
        }
        let running = monitors.filter { $0.value["running"]?.bool == true }
        runningCount = running.count
        watchedCount = running.filter { $0.value["mode"]?.string == "watched" }.count
    }

    /// The least distance between our time and a `Date`, which stands for a whole second.
    private static func offset(
        date: Timestamp, sent: Timestamp, received: Timestamp
    ) -> Int64 {
        let ahead = date.milliseconds(since: received)
        let behind = date.milliseconds(since: sent) + 999
        return ahead > 0 ? ahead : min(0, behind)
    }
}

/// Why an upstream is no SLMM.
private struct Foreign: Error {
    let reason: String
}

extension UpstreamAnswer {
    fileprivate func json(of call: UpstreamCall) throws(Foreign) -> JSONValue {
        guard status == 200 else {
            throw Foreign(reason: "it answers \(status) to \(call.path)")
        }
        do {
            return try JSONValue(body.readableBytesView)
        } catch {
            throw Foreign(reason: "its answer to \(call.path) is not JSON")
        }
    }
}
