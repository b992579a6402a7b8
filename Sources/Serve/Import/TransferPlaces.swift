//  TransferPlaces.swift · Serve

import Synchronization

/// How many imports, exports, or replays, run at once. Each holds some megabytes for as long as it takes.
final class TransferPlaces: Sendable {
    /// One that runs. It gives its place back with ``leave()``, or when nobody holds it any more.
    final class Place: Sendable {
        private let places: TransferPlaces
        private let isHeld = Atomic<Bool>(true)

        fileprivate init(_ places: TransferPlaces) { self.places = places }

        func leave() {
            if isHeld.exchange(false, ordering: .relaxed) {
                places.taken.subtract(1, ordering: .relaxed)
            }
        }

        deinit { leave() }
    }

    private let taken = Atomic<Int>(0)
    private let maximum: Int
    private let limit: Limit
    private let counts: ServeCounts

    init(_ maximum: Int, _ limit: Limit, counts: ServeCounts) {
        self.maximum = maximum
        self.limit = limit
        self.counts = counts
    }

    /// - Throws: 429 when all places are taken.
    func take() throws(Problem) -> Place {
        guard taken.add(1, ordering: .relaxed).newValue <= maximum else {
            taken.subtract(1, ordering: .relaxed)
            counts.hit(limit)
            throw .tooMany("At most \(maximum) \(limit.rawValue) run at once.", retryAfterSeconds: 5)
        }
        return Place(self)
    }
}
