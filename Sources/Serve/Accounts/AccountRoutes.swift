//  AccountRoutes.swift · Serve
//
//  Who may come in: operators, and tokens for scripts. And what they did.

import HTTPTypes
import Hummingbird
import Monitoring

/// Answers `/api/operators`, `/api/tokens` and `/api/audit`. All of it takes the scope admin.
struct AccountRoutes: Sendable {
    let book: any AccountBook
    let clock: any WallClock
    let bodies: BodyReader

    /// Adds the routes.
    ///
    /// - Parameters:
    ///   - reading: for those who may see accounts.
    ///   - changing: for those who may change them.
    func add(to reading: RouterGroup<RequestScope>, changing: RouterGroup<RequestScope>) {
        reading.get("/api/operators") { _, _ in
            Response.json(AccountBody.operators(try await book.operators()))
        }
        changing.post("/api/operators") { try await addOperator($0, $1) }
        changing.put("/api/operators/:operator") { try await changeOperator($0, $1) }
        changing.delete("/api/operators/:operator") { try await removeOperator($1) }
        reading.get("/api/tokens") { _, _ in
            Response.json(AccountBody.tokens(try await book.tokenRecords(), at: clock.now))
        }
        changing.post("/api/tokens") { try await makeToken($0, $1) }
        changing.delete("/api/tokens/:token") { try await revokeToken($1) }
        reading.get("/api/audit") { request, _ in try await audit(request) }
    }

    /// Without a password one is made, and answered this once.
    private func addOperator(_ request: Request, _ context: RequestScope) async throws -> Response {
        let draft = try OperatorBody.new(try await bodies.object(of: request))
        let (person, password) = try await changing {
            try await book.addOperator(
                draft.name, role: draft.role, password: draft.password, at: clock.now)
        }
        context.audit?.note("\(person.name), \(person.role.rawValue)")
        var response = Response.json(AccountBody.operator(person, password: password))
        response.status = .created
        response.headers[.location] = "/api/operators/\(person.id)"
        return response
    }

    private func changeOperator(
        _ request: Request, _ context: RequestScope
    ) async throws -> Response {
        // What is not there is not found, whatever the body.
        let id = try context.number("operator")
        guard let before = try await book.operators().first(where: { $0.id == id }) else {
            throw Problem.notFound
        }
        let change = try OperatorBody.change(try await bodies.object(of: request))
        let (person, password) = try await changing {
            try await book.change(operator: id, change, at: clock.now)
        }
        var words = [before.name]
        if person.name != before.name { words.append("now \(person.name)") }
        if person.role != before.role {
            words.append("\(before.role.rawValue) to \(person.role.rawValue)")
        }
        if change.password != nil { words.append("another password") }
        context.audit?.note(words.joined(separator: ", "))
        return .json(AccountBody.operator(person, password: password))
    }

    private func removeOperator(_ context: RequestScope) async throws -> Response {
        let id = try context.number("operator")
        let person = try await changing { try await book.remove(operator: id, at: clock.now) }
        context.audit?.note(person.name)
        return Response(status: .noContent)
    }

    /// Answers the token's secret, this once.
    private func makeToken(_ request: Request, _ context: RequestScope) async throws -> Response {
        let draft = try TokenBody.new(try await bodies.object(of: request), at: clock.now)
        let (token, secret) = try await book.makeToken(
            name: draft.name, scope: draft.scope, now: clock.now, expires: draft.expires)
        context.audit?.note("\(token.name), \(token.scope.rawValue)")
        let record = TokenRecord(token: token, revoked: nil)
        var response = Response.json(AccountBody.token(record, secret: secret, at: clock.now))
        response.status = .created
        return response
    }

    private func revokeToken(_ context: RequestScope) async throws -> Response {
        let id = try context.number("token")
        let record = try await book.tokenRecords().first { $0.token.id == id }
        guard let record, try await book.revokeToken(id, now: clock.now) else {
            throw Problem.notFound
        }
        context.audit?.note(record.token.name)
        return Response(status: .noContent)
    }

    private func audit(_ request: Request) async throws -> Response {
        let query = QueryText(request)
        let limit = Int(try query.integer("limit", in: 1...1000) ?? 100)
        var before: Int64?
        if let cursor = try query.text("cursor") {
            guard let id = Int64(cursor), id > 0 else {
                throw Problem.malformed("cursor", "is not one that was answered")
            }
            before = id
        }
        let entries = try await book.auditEntries(before: before, limit: limit + 1)
        return .json(AccountBody.audit(entries, limit: limit))
    }

    private func changing<Result: Sendable>(
        _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as OperatorError {
            throw Problem(error)
        }
    }
}

extension RequestScope {
    /// An id in the request's path.
    fileprivate func number(_ name: String) throws(Problem) -> Int64 {
        guard let id = parameters.get(name).flatMap({ Int64($0) }) else { throw .notFound }
        return id
    }
}

extension Problem {
    fileprivate init(_ error: OperatorError) {
        switch error {
        case .unknown: self = .notFound
        case .taken(let name):
            self.init(
                status: .conflict, detail: "An operator is called \(name) already.",
                faults: [Fault(field: "name", message: "is taken")])
        case .unsoundName: self = .unprocessable("name", OperatorBody.nameRule)
        case .unsoundPassword(let fault): self = .unprocessable("password", fault)
        case .lastAdmin:
            self.init(
                status: .conflict,
                detail: "This is the last admin, and there is no token of that scope. Make another "
                    + "admin first.")
        case .busy:
            self.init(
                status: .serviceUnavailable, detail: "Too many passwords at once; try again.",
                fields: [.retryAfter: "2"])
        case .noHash:
            self.init(
                status: .serviceUnavailable,
                detail: "The system has no randomness, or no memory, now.")
        }
    }
}
