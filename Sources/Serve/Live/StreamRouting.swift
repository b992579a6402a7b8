//  StreamRouting.swift · Serve
//
//  Who may open a stream, and how many.

import HTTPTypes
import Monitoring
import Synchronization
import Web

/// Lets viewers in at `/api/units/{unit}/stream`.
struct StreamRouting: WebSocketRouting {
    let hub: StreamHub
    let directory: any UnitDirectory
    let authenticator: Authenticator
    let origins: OriginPolicy
    let policy: AnswerPolicy
    let counts: SocketCounts

    func decide(_ request: HTTPRequest, from address: String) async -> WebSocketDecision {
        do {
            guard let name = StreamRouting.unit(in: request.path ?? "") else { return .pass }
            return .accept(try await viewer(of: name, request, address))
        } catch let problem as Problem {
            return .refuse(problem.answer(policy))
        } catch {
            let problem = Problem(
                status: .serviceUnavailable, detail: "This failed on our side; try again.")
            return .refuse(problem.answer(policy))
        }
    }

    private func viewer(
        of name: Substring, _ request: HTTPRequest, _ address: String
    ) async throws -> Viewer {
        guard origins.allows(request) else {
            throw Problem(status: .forbidden, detail: "This Origin may not open a stream.")
        }
        guard let access = try await authenticator.access(request.headerFields) else {
            throw Problem.unauthorized
        }
        let unit = try await UnitLookup(directory: directory).unit(pathSegment: name).id
        guard let place = counts.take(address: address, session: access.token.id) else {
            throw Problem.tooMany("Too many streams are open.", retryAfterSeconds: 10)
        }
        return Viewer(hub: hub, unit: unit, tokenID: access.token.id, place: place)
    }

    /// `NL43-0001` of `/api/units/NL43-0001/stream`.
    private static func unit(in target: String) -> Substring? {
        let path = target.prefix { $0 != "?" }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "", parts[1] == "api", parts[2] == "units",
            parts[4] == "stream"
        else { return nil }
        return parts[3]
    }
}

/// One open stream.
private final class Viewer: WebSocketPeer {
    private let hub: StreamHub
    private let unit: UnitID
    private let tokenID: Int64
    private let place: SocketCounts.Place
    private let socket = Mutex<WebSocket?>(nil)

    init(hub: StreamHub, unit: UnitID, tokenID: Int64, place: SocketCounts.Place) {
        self.hub = hub
        self.unit = unit
        self.tokenID = tokenID
        self.place = place
    }

    func opened(_ socket: WebSocket) {
        self.socket.withLock { $0 = socket }
        hub.join(unit, socket, tokenID: tokenID)
    }

    func closed() {
        place.leave()
        if let socket = socket.withLock({ $0.take() }) { hub.leave(unit, socket) }
    }

    func notice(ofDropped count: Int) -> String? { StreamMessage.dropped(count) }
}

/// How many sockets are open, by address and by session.
final class SocketCounts: Sendable {
    private struct Counts {
        var byAddress: [String: Int] = [:]
        var bySession: [Int64: Int] = [:]
    }

    private let perAddress: Int
    private let perSession: Int
    private let counts = Mutex(Counts())

    init(perAddress: Int, perSession: Int) {
        self.perAddress = perAddress
        self.perSession = perSession
    }

    /// A socket's place in the counts, until it leaves.
    struct Place: Sendable {
        fileprivate let counts: SocketCounts
        fileprivate let address: String
        fileprivate let session: Int64

        /// Once.
        func leave() { counts.leave(address, session) }
    }

    /// - Returns: `nil` when either bound is reached.
    func take(address: String, session: Int64) -> Place? {
        counts.withLock {
            guard $0.byAddress[address, default: 0] < perAddress,
                $0.bySession[session, default: 0] < perSession
            else { return nil }
            $0.byAddress[address, default: 0] += 1
            $0.bySession[session, default: 0] += 1
            return Place(counts: self, address: address, session: session)
        }
    }

    private func leave(_ address: String, _ session: Int64) {
        counts.withLock {
            $0.byAddress[address] = $0.byAddress[address].flatMap { $0 > 1 ? $0 - 1 : nil }
            $0.bySession[session] = $0.bySession[session].flatMap { $0 > 1 ? $0 - 1 : nil }
        }
    }
}
