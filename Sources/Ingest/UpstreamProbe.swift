//  UpstreamProbe.swift · Ingest
//
//  Asks an upstream how it is, for `earshot doctor`: two calls, one after the other, that touch no
//  meter and change nothing.

import AsyncHTTPClient
import Foundation
package import Monitoring
import NIOCore
import NIOHTTP1
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
            on: MultiThreadedEventLoopGroup.singleton, timeout: timeout)
        let call = ProbeCall(client: client, address: address, timeout: timeout, clock: clock)
        await probe.ask(call)
        try? await client.shutdown()
        return probe
    }

    private mutating func ask(_ call: ProbeCall) async {
        do {
            let roster = try await call.get("/api/nl43/roster")
            clockOffsetMilliseconds = roster.clockOffsetMilliseconds
            try readRoster(roster)
            try readMonitors(try await call.get("/api/nl43/_monitor/status"))
        } catch ProbeFault.down(let reason) {
            state = .down(reason)
        } catch ProbeFault.stalled {
            state = .stalled
        } catch ProbeFault.foreign(let reason) {
            state = .foreign(reason)
        } catch {
            state = .down("\(error)")
        }
    }

    private mutating func readRoster(_ answer: ProbeAnswer) throws {
        let rows = try answer.json()["devices"]?.array
        guard let rows else { throw ProbeFault.foreign("its roster lists no devices") }
        for row in rows {
            guard let name = row["unit_id"]?.string else {
                throw ProbeFault.foreign("its roster has a device without a unit_id")
            }
            units.append(name)
            // The row of a unit that never answered has a time too; its state gives it away.
            if row["status"]?["measurement_state"]?.string ?? "unknown" == "unknown" {
                neverRead.append(name)
            }
        }
    }

    private mutating func readMonitors(_ answer: ProbeAnswer) throws {
        guard let monitors = try answer.json()["monitors"]?.members else {
            throw ProbeFault.foreign("it does not tell its monitors")
        }
        let running = monitors.filter { $0.value["running"]?.bool == true }
        runningCount = running.count
        watchedCount = running.filter { $0.value["mode"]?.string == "watched" }.count
    }
}

private enum ProbeFault: Error {
    case down(String)
    case stalled
    case foreign(String)
}

private struct ProbeAnswer {
    let path: String
    let status: UInt
    let body: ByteBuffer
    let clockOffsetMilliseconds: Int64?

    func json() throws -> JSONValue {
        guard status == 200 else {
            throw ProbeFault.foreign("it answers \(status) to \(path)")
        }
        do {
            return try JSONValue(body.readableBytesView)
        } catch {
            throw ProbeFault.foreign("its answer to \(path) is not JSON")
        }
    }
}

private struct ProbeCall {
    let client: HTTPClient
    let address: UpstreamAddress
    let timeout: Duration
    let clock: any WallClock

    func get(_ path: String) async throws -> ProbeAnswer {
        let before = clock.now
        do {
            return try await withThrowingTaskGroup(of: ProbeAnswer.self) { group in
                group.addTask {
                    let response = try await client.execute(
                        HTTPClientRequest(url: "http://\(address.authority)\(path)"),
                        deadline: .distantFuture)
                    let after = clock.now
                    return ProbeAnswer(
                        path: path, status: response.status.code,
                        body: try await response.body.collect(upTo: JSONValue.sizeLimitBytes),
                        clockOffsetMilliseconds: response.headers.first(name: "date").flatMap {
                            ProbeCall.offset(date: $0, between: before, and: after)
                        })
                }
                group.addTask {
                    try await Task.sleep(for: timeout)
                    throw ProbeFault.stalled
                }
                defer { group.cancelAll() }
                return try await group.next()!
            }
        } catch let fault as ProbeFault {
            throw fault
        } catch is NIOTooManyBytesError {
            throw ProbeFault.foreign("its answer to \(path) is larger than 256 KiB")
        } catch let error as HTTPClientError where error == .readTimeout || error == .deadlineExceeded {
            throw ProbeFault.stalled
        } catch {
            throw ProbeFault.down(String(describing: error))
        }
    }

    /// The least distance between our time and a `Date` that stands for a whole second.
    private static func offset(
        date text: String, between before: Timestamp, and after: Timestamp
    ) -> Int64? {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        guard let date = format.date(from: text) else { return nil }
        let first = Int64(date.timeIntervalSince1970 * 1000)
        if first > after.milliseconds { return first - after.milliseconds }
        let last = first + 999
        return last < before.milliseconds ? last - before.milliseconds : 0
    }
}
