//  PlaceCache.swift · Serve

import Monitoring
import Synchronization

/// What was found out about places, for a moment. As many looks at once as there are to begin with.
final class PlaceCache<Value: Sendable>: Sendable {
    /// Past it all are forgotten.
    private static var most: Int { 10_000 }

    private struct Entry {
        let revision: Int64
        let time: Timestamp
        let value: Value
    }

    private let milliseconds: Int64
    private let entries = Mutex<[String: Entry]>([:])

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// - Parameter revision: what holds for another one is not answered.
    func value(
        of id: String, revision: Int64, at now: Timestamp, _ find: () async throws -> Value
    ) async throws -> Value {
        if let entry = entries.withLock({ $0[id] }), entry.revision == revision,
            (0..<milliseconds).contains(now.milliseconds(since: entry.time))
        {
            return entry.value
        }
        let value = try await find()
        entries.withLock {
            if $0.count >= PlaceCache.most { $0 = [:] }
            $0[id] = Entry(revision: revision, time: now, value: value)
        }
        return value
    }
}
