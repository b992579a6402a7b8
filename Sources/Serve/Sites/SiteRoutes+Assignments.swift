//  SiteRoutes+Assignments.swift · Serve
//
//  Which unit stands where, and stood. Of an assignment only the end changes; none goes away,
//  because what a client sees of the past hangs on it.

import Hummingbird
import Logging
import Monitoring
import Provisioning

extension SiteRoutes {
    func addAssignments(
        to api: RouterGroup<RequestScope>, changing changes: RouterGroup<RequestScope>
    ) {
        api.get("/assignments") { request, _ in try await list(request) }
        changes.post("/assignments") { try await assign($0, $1) }
        changes.put("/assignments/:location/:from") { try await end($0, $1) }
    }

    /// Oldest first; of a location, of a unit, or of both when the query says so.
    private func list(_ request: Request) async throws -> Response {
        let query = QueryText(request)
        let (location, unit) = (try query.text("location"), try query.text("unit"))
        let found = try await book.sites().assignments.filter {
            location.map($0.location.elementsEqual) ?? true
                && unit.map($0.unit.name.elementsEqual) ?? true
        }
        return .json(SiteBody.assignments(found))
    }

    private func assign(_ request: Request, _ context: RequestScope) async throws -> Response {
        let json = try await bodies.objectBytes(of: request).readableBytesView
        let now = clock.now
        let made = try await revise { sites, units in
            let wanted = try AssignmentRequest(json: json, at: now)
            try sites.assign(wanted.assignment, ending: wanted.ending, units: units)
            return wanted.assignment
        }
        note("a unit was assigned", "\(made.unit) at \(made.location)", context)
        return .created(
            SiteBody.assignment(made), at: "/api/assignments/\(made.location)/\(made.from)")
    }

    /// Sets its end; `null`: it goes on.
    private func end(_ request: Request, _ context: RequestScope) async throws -> Response {
        _ = try askedAssignment(context, of: try await book.sites())
        let json = try await bodies.objectBytes(of: request).readableBytesView
        let changed = try await revise { sites, _ in
            let known = try askedAssignment(context, of: sites)
            let changed = try Assignment(json: json, over: known)
            try sites.replace(changed)
            return changed
        }
        note("an assignment's end was set", "\(changed.unit) at \(changed.location)", context)
        return .json(SiteBody.assignment(changed))
    }

    private func askedAssignment(
        _ context: RequestScope, of sites: Sites
    ) throws(Problem) -> Assignment {
        guard let location = context.pathText("location"), let text = context.pathText("from"),
            let from = Timestamp(rfc3339: text)
                ?? Int64(text).map({ Timestamp(milliseconds: $0) }),
            let assignment = sites.assignment(at: location, from: from)
        else { throw .notFound }
        return assignment
    }
}
