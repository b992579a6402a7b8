//  DeletionRoute.swift · Serve
//
//  `DELETE /history` of one unit: stored frames that are to go.

import Hummingbird
import Logging
import Monitoring

/// Answers `DELETE /history` of one unit. Keys: `docs/api.md`.
struct DeletionRoute: Sendable {
    let frames: any FrameDeletion
    let lookup: UnitLookup
    let logger: Logger

    func respond(_ request: Request, _ context: RequestScope) async throws -> Response {
        let unit = try lookup.id(context)
        let range = try DeletionRoute.range(request)
        let wasStored: Bool
        do {
            wasStored = try await frames.deleteFrames(of: unit, in: range)
        } catch {
            throw Problem(error)
        }
        // A unit that was removed may have history; one that never sent anything has none.
        if !wasStored { _ = try await lookup.unit(context) }
        logger.notice(
            "frames were deleted",
            metadata: [
                "unit": "\(unit)", "from": "\(range.start)", "to": "\(range.end)",
                "token": "\(context.access?.name ?? "")",
                "request_id": "\(context.requestID)",
            ])
        return .json(DeletionRoute.body(unit, range))
    }

    /// Both ends, said on purpose. Anything else that is asked for would not be done, and so nothing
    /// is.
    private static func range(_ request: Request) throws(Problem) -> TimeRange {
        let query = QueryText(request)
        let ends = (from: try query.time("from"), to: try query.time("to"))
        var faults: [Problem.Fault] = []
        if ends.from == nil { faults.append(.init(field: "from", message: "is missing")) }
        if ends.to == nil { faults.append(.init(field: "to", message: "is missing")) }
        for (name, _) in request.uri.queryParameters where name != "from" && name != "to" {
            let message = "is nothing to delete by; there are from and to"
            faults.append(.init(field: String(name), message: message))
        }
        guard faults.isEmpty, let from = ends.from, let to = ends.to else {
            throw .unprocessable(faults)
        }
        return try HistoryQuery.range(from, to)
    }

    private static func body(_ unit: UnitID, _ range: TimeRange) -> ByteBuffer {
        var text = JSONText()
        text.beginObject()
        text.key("unit")
        text.string(unit.name)
        text.key("from")
        text.time(range.start)
        text.key("to")
        text.time(range.end)
        text.endObject()
        return text.buffer
    }
}

extension Problem {
    fileprivate init(_ error: DeletionError) {
        switch error {
        case .tooMany(let count):
            self.init(
                status: .conflict,
                detail: "\(count) deletions wait for their days to be written anew, and nothing was "
                    + "deleted. That happens after midnight UTC: send it again then. Or stop the "
                    + "service and run `earshot store compact --force`.")
        case .store(let error): self.init(error, "It may not be done.")
        }
    }
}
