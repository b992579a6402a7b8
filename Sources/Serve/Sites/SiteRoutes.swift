//  SiteRoutes.swift · Serve
//
//  The API about clients, projects, locations and assignments. Each change is judged and made in one
//  step: what another one does meanwhile is never lost.

import HTTPTypes
import Hummingbird
import Logging
import Monitoring
import NIOCore
import Provisioning

/// Answers `/api/clients`, `/api/projects` and `/api/locations`; assignments are in
/// `SiteRoutes+Assignments.swift`.
struct SiteRoutes: Sendable {
    let book: any SiteBook
    let clock: any WallClock
    let bodies: BodyReader
    let logger: Logger

    /// - Parameters:
    ///   - api: for those who may look, below `/api`.
    ///   - changes: for those who may change something, there too.
    func add(to api: RouterGroup<RequestScope>, changing changes: RouterGroup<RequestScope>) {
        api.get("/clients") { _, _ in Response.json(SiteBody.clients(try await book.sites())) }
        api.get("/clients/:client") { _, context in
            let sites = try await book.sites()
            return Response.json(SiteBody.client(try askedClient(context, of: sites), of: sites))
        }
        changes.post("/clients") { try await makeClient($0, $1) }
        changes.put("/clients/:client") { try await changeClient($0, $1) }
        changes.delete("/clients/:client") { try await removeClient($1) }
        api.get("/projects") { _, _ in Response.json(SiteBody.projects(try await book.sites())) }
        api.get("/projects/:project") { _, context in
            let sites = try await book.sites()
            let project = try askedProject(context, of: sites)
            return Response.json(SiteBody.project(project, of: sites, at: clock.now))
        }
        changes.post("/projects") { try await makeProject($0, $1) }
        changes.put("/projects/:project") { try await changeProject($0, $1) }
        changes.delete("/projects/:project") { try await removeProject($1) }
        api.get("/locations") { _, _ in
            Response.json(SiteBody.locations(try await book.sites(), at: clock.now))
        }
        api.get("/locations/:location") { _, context in
            let sites = try await book.sites()
            let location = try askedLocation(context, of: sites)
            return Response.json(SiteBody.location(location, of: sites, at: clock.now))
        }
        changes.post("/locations") { try await makeLocation($0, $1) }
        changes.put("/locations/:location") { try await changeLocation($0, $1) }
        changes.delete("/locations/:location") { try await removeLocation($1) }
        addAssignments(to: api, changing: changes)
    }

    // MARK: - Clients

    private func makeClient(
        _ request: Request, _ context: RequestScope
    ) async throws -> Response {
        let json = try await bodies.objectBytes(of: request).readableBytesView
        let (client, sites) = try await revise { sites, _ in
            let client = try Client(json: json) { name in
                Slug.make(of: name, or: "client") { sites.clients[$0] != nil }
            }
            guard sites.clients[client.id] == nil else { throw Problem.taken(client.id, "client") }
            sites.put(client)
            return (client, sites)
        }
        note("a client was made", client.id, context)
        return .created(SiteBody.client(client, of: sites), at: "/api/clients/\(client.id)")
    }

    private func changeClient(
        _ request: Request, _ context: RequestScope
    ) async throws -> Response {
        // Before the body is read: what is not there is not found, whatever the body.
        _ = try askedClient(context, of: try await book.sites())
        let json = try await bodies.objectBytes(of: request).readableBytesView
        let (client, sites) = try await revise { sites, _ in
            let known = try askedClient(context, of: sites)
            let client = try Client(json: json, over: known) { _ in known.id }
            sites.put(client)
            return (client, sites)
        }
        note("a client was changed", client.id, context)
        return .json(SiteBody.client(client, of: sites))
    }

    private func removeClient(_ context: RequestScope) async throws -> Response {
        let id = try await revise { sites, _ in
            let id = try askedClient(context, of: sites).id
            try sites.remove(client: id)
            return id
        }
        note("a client was removed", id, context)
        return Response(status: .noContent)
    }

    // MARK: - Projects

    private func makeProject(
        _ request: Request, _ context: RequestScope
    ) async throws -> Response {
        let json = try await bodies.objectBytes(of: request).readableBytesView
        let now = clock.now
        let (project, sites) = try await revise { sites, _ in
            let project = try Project(json: json) { name in
                Slug.make(of: name, or: "project") { sites.projects[$0] != nil }
            }
            guard sites.projects[project.id] == nil else {
                throw Problem.taken(project.id, "project")
            }
            try sites.put(project, at: now)
            return (project, sites)
        }
        note("a project was made", project.id, context)
        return .created(
            SiteBody.project(project, of: sites, at: now), at: "/api/projects/\(project.id)")
    }

    private func changeProject(
        _ request: Request, _ context: RequestScope
    ) async throws -> Response {
        _ = try askedProject(context, of: try await book.sites())
        let json = try await bodies.objectBytes(of: request).readableBytesView
        let now = clock.now
        let (project, sites) = try await revise { sites, _ in
            let known = try askedProject(context, of: sites)
            let project = try Project(json: json, over: known) { _ in known.id }
            try sites.put(project, at: now)
            return (project, sites)
        }
        note("a project was changed", project.id, context)
        return .json(SiteBody.project(project, of: sites, at: now))
    }

    /// It stays, as deleted, and so does what was measured.
    private func removeProject(_ context: RequestScope) async throws -> Response {
        let now = clock.now
        let id = try await revise { sites, _ in
            var project = try askedProject(context, of: sites)
            project.status = .deleted
            try sites.put(project, at: now)
            return project.id
        }
        note("a project was deleted", id, context)
        return Response(status: .noContent)
    }

    // MARK: - Locations

    private func makeLocation(
        _ request: Request, _ context: RequestScope
    ) async throws -> Response {
        let json = try await bodies.objectBytes(of: request).readableBytesView
        let now = clock.now
        let (location, sites) = try await revise { sites, _ in
            let location = try Location(json: json) { name in
                Slug.make(of: name, or: "location") { sites.locations[$0] != nil }
            }
            guard sites.locations[location.id] == nil else {
                throw Problem.taken(location.id, "location")
            }
            try sites.put(location, at: now)
            return (location, sites)
        }
        note("a location was made", location.id, context)
        return .created(
            SiteBody.location(location, of: sites, at: now), at: "/api/locations/\(location.id)")
    }

    private func changeLocation(
        _ request: Request, _ context: RequestScope
    ) async throws -> Response {
        _ = try askedLocation(context, of: try await book.sites())
        let json = try await bodies.objectBytes(of: request).readableBytesView
        let now = clock.now
        let (location, sites) = try await revise { sites, _ in
            let known = try askedLocation(context, of: sites)
            let location = try Location(json: json, over: known) { _ in known.id }
            try sites.put(location, at: now)
            return (location, sites)
        }
        note("a location was changed", location.id, context)
        return .json(SiteBody.location(location, of: sites, at: now))
    }

    /// It stays, as removed, and so does what was measured.
    private func removeLocation(_ context: RequestScope) async throws -> Response {
        let now = clock.now
        let id = try await revise { sites, _ in
            var location = try askedLocation(context, of: sites)
            location.status = .removed
            try sites.put(location, at: now)
            return location.id
        }
        note("a location was removed", id, context)
        return Response(status: .noContent)
    }

    // MARK: - What is asked for

    func askedClient(_ context: RequestScope, of sites: Sites) throws(Problem) -> Client {
        guard let id = context.pathText("client"), let client = sites.clients[id] else {
            throw .notFound
        }
        return client
    }

    func askedProject(_ context: RequestScope, of sites: Sites) throws(Problem) -> Project {
        guard let id = context.pathText("project"), let project = sites.projects[id] else {
            throw .notFound
        }
        return project
    }

    func askedLocation(_ context: RequestScope, of sites: Sites) throws(Problem) -> Location {
        guard let id = context.pathText("location"), let location = sites.locations[id] else {
            throw .notFound
        }
        return location
    }

    // MARK: - What is wrong

    /// What is wrong becomes an answer, and nothing has changed then.
    func revise<Result: Sendable>(
        _ decide: @Sendable (inout Sites, [UnitID]) throws -> Result
    ) async throws -> Result {
        do {
            return try await book.revise(decide)
        } catch let error as FieldFaults {
            throw Problem.unprocessable(
                error.faults.map { .init(field: $0.field, message: $0.message) })
        } catch let error as SiteBookError {
            throw Problem(error)
        }
    }

    func note(_ what: Logger.Message, _ id: String, _ context: RequestScope) {
        logger.notice(
            what,
            metadata: [
                "id": "\(id)", "token": "\(context.access?.name ?? "")",
                "request_id": "\(context.requestID)",
            ])
    }
}

extension Response {
    /// Something new, and its address.
    static func created(_ body: ByteBuffer, at address: String) -> Response {
        var response = Response.json(body)
        response.status = .created
        response.headers[.location] = address
        return response
    }
}

extension Problem {
    fileprivate static func taken(_ id: String, _ what: String) -> Problem {
        Problem(
            status: .conflict, detail: "There is a \(what) \(id) already. Give another id, or none.",
            faults: [Fault(field: "id", message: "is that of another \(what). Give another, or none.")])
    }

    private static func conflict(_ field: String, _ message: String) -> Problem {
        Problem(
            status: .conflict, detail: "The \(field) \(message)",
            faults: [Fault(field: field, message: message)])
    }

    init(_ error: SiteBookError) {
        func unknown(_ field: String, _ id: String) -> Problem {
            .unprocessable(field, "is \"\(id)\", which is not known. Give the id of a \(field).")
        }
        switch error {
        case .unknownClient(let id): self = unknown("client", id)
        case .unknownProject(let id): self = unknown("project", id)
        case .unknownLocation(let id): self = unknown("location", id)
        case .unknownUnit(let id): self = unknown("unit", id.name)
        case .measured(let location, let client):
            self.init(
                status: .conflict,
                detail: "The location \"\(location)\" was measured for the client \"\(client)\", and "
                    + "nobody else may see that. Make another one for the other client.")
        case .hasProjects(let ids):
            let shown = ids.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ")
            self.init(
                status: .conflict,
                detail: "The client has projects: \(shown)\(ids.count > 5 ? " and others" : ""). "
                    + "Only a client without any can be removed; deleted ones count.")
        case .ended(let location):
            self = .conflict(
                "location", "\"\(location)\" is not in use: it was removed, or its project has ended.")
        case .unitTaken(let other):
            self = .conflict(
                "unit", "\"\(other.unit)\" is at the location \"\(other.location)\" \(other.span). "
                    + "End that first, or send \"move\": true to end it when this begins.")
        case .locationTaken(let other):
            self = .conflict(
                "location", "\"\(other.location)\" has the unit \"\(other.unit)\" \(other.span). "
                    + "End that first, or send \"replace\": true to end it when this begins.")
        }
    }
}

extension Assignment {
    fileprivate var span: String { "from \(from)" + (to.map { " to \($0)" } ?? " on") }
}
