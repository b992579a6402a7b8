//  ServeCounts.swift · Serve
//
//  What both listeners and the streams count. Bounded: one entry for each route of the program,
//  whatever is asked for.

import HTTPTypes
import Synchronization

/// What has been served so far.
package final class ServeCounts: Sendable {
    /// A route of the program as it is written in its router, never a path that was asked for.
    struct Route: Hashable, Comparable {
        let listener: String
        /// `GET`; `any` when no route matched.
        let method: String
        /// `/api/units/{unit}`; `none` when no route matched.
        let path: String

        static func < (a: Route, b: Route) -> Bool {
            (a.listener, a.path, a.method) < (b.listener, b.path, b.method)
        }
    }

    /// The requests of one route.
    struct Requests {
        /// By the status' first digit, from 1 to 5.
        var byClass = [UInt64](repeating: 0, count: 5)
        var durations = Histogram()
    }

    private let byRoute = Mutex<[Route: Requests]>([:])
    private let byLimit = Mutex<[Limit: UInt64]>([:])
    private let open = Atomic<Int>(0)
    private let sent = Atomic<UInt64>(0)
    private let dropped = Atomic<UInt64>(0)

    package init() {}

    func answered(_ route: Route, _ status: HTTPResponse.Status, after duration: Duration) {
        let (seconds, attoseconds) = duration.components
        byRoute.withLock {
            let digit = min(max(status.code / 100, 1), 5)
            $0[route, default: Requests()].byClass[digit - 1] += 1
            $0[route]?.durations.add(seconds: Double(seconds) + Double(attoseconds) * 1e-18)
        }
    }

    func hit(_ limit: Limit) { byLimit.withLock { $0[limit, default: 0] += 1 } }
    func opened() { open.add(1, ordering: .relaxed) }
    func closed() { open.subtract(1, ordering: .relaxed) }
    func sent(_ messages: Int) { sent.add(UInt64(messages), ordering: .relaxed) }
    func dropped(_ messages: Int) { dropped.add(UInt64(messages), ordering: .relaxed) }

    /// All routes that were asked for, sorted.
    var requests: [(route: Route, requests: Requests)] {
        byRoute.withLock { $0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    func hits(of limit: Limit) -> UInt64 { byLimit.withLock { $0[limit] ?? 0 } }
    var socketsOpen: Int { open.load(ordering: .relaxed) }
    /// Handed to sockets; those that were dropped later are among them.
    var messagesSent: UInt64 { sent.load(ordering: .relaxed) }
    var messagesDropped: UInt64 { dropped.load(ordering: .relaxed) }
}
