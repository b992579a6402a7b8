//  UnitRoutes.swift · Serve
//
//  The API about units: what is asked for, what is set.

import HTTPTypes
import Hummingbird
import Logging
import Monitoring

/// Answers `/api/units` and what is below it, but for the past.
struct UnitRoutes: Sendable {
    let sources: OperatorListener.Sources
    let lookup: UnitLookup
    let bodies: BodyReader
    let logger: Logger

    func list() async throws -> Response {
        let units = try await sources.directory.units().map(sources.snapshot(of:))
        return .json(UnitBody.list(units, sources.upstreams.upstreams(), at: sources.clock.now))
    }

    func show(_ context: RequestScope) async throws -> Response {
        let unit = try await lookup.unit(context)
        return .json(UnitBody.unit(sources.snapshot(of: unit), at: sources.clock.now))
    }

    func live(_ context: RequestScope) async throws -> Response {
        let id = try await lookup.unit(context).id
        return .json(LiveBody.live(id, sources.live.state(of: id), at: sources.clock.now))
    }

    /// Sets what the body names; ingest follows within a second or two.
    func change(_ request: Request, _ context: RequestScope) async throws -> Response {
        let unit = try await lookup.unit(context)
        let changed = try UnitChange.apply(try await bodies.object(of: request), to: unit)
        if changed != unit {
            do {
                try await sources.directory.update(changed)
            } catch is UnknownUnit {
                throw Problem.notFound
            }
            note("a unit was changed", unit.id, context)
        }
        return .json(UnitBody.unit(sources.snapshot(of: changed), at: sources.clock.now))
    }

    /// Forgets a unit, however long its upstream lists it. Its history stays.
    func remove(_ context: RequestScope) async throws -> Response {
        let unit = try await lookup.unit(context)
        guard try await sources.directory.remove(unit.id) else { throw Problem.notFound }
        note("a unit was removed", unit.id, context)
        return Response(status: .noContent)
    }

    private func note(_ what: Logger.Message, _ unit: UnitID, _ context: RequestScope) {
        logger.notice(
            what,
            metadata: [
                "unit": "\(unit)", "token": "\(context.access?.name ?? "")",
                "request_id": "\(context.requestID)",
            ])
    }
}
