//  SocketPlaces.swift · Serve

import Synchronization

/// How many sockets are open, by address and by session.
final class SocketPlaces: Sendable {
    private struct Taken {
        var byAddress: [String: Int] = [:]
        var bySession: [String: Int] = [:]
    }

    private let perAddress: Int
    private let perSession: Int
    private let counts: ServeCounts
    private let taken = Mutex(Taken())

    init(perAddress: Int, perSession: Int, counts: ServeCounts) {
        self.perAddress = perAddress
        self.perSession = perSession
        self.counts = counts
    }

    /// A socket's place in the counts, until it leaves.
    struct Place: Sendable {
        fileprivate let places: SocketPlaces
        fileprivate let address: String
        fileprivate let session: String

        /// Once.
        func leave() { places.leave(address, session) }
    }

    /// - Returns: `nil` when either bound is reached.
    func take(address: String, session: String) -> Place? {
        taken.withLock {
            guard $0.byAddress[address, default: 0] < perAddress else {
                counts.hit(.socketsPerAddress)
                return nil
            }
            guard $0.bySession[session, default: 0] < perSession else {
                counts.hit(.socketsPerSession)
                return nil
            }
            $0.byAddress[address, default: 0] += 1
            $0.bySession[session, default: 0] += 1
            return Place(places: self, address: address, session: session)
        }
    }

    private func leave(_ address: String, _ session: String) {
        taken.withLock {
            $0.byAddress[address] = $0.byAddress[address].flatMap { $0 > 1 ? $0 - 1 : nil }
            $0.bySession[session] = $0.bySession[session].flatMap { $0 > 1 ? $0 - 1 : nil }
        }
    }
}
