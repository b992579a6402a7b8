//  NotificationRoutes.swift · Serve
//
//  Who is told of events, and the log of what they were told.

import HTTPTypes
import Hummingbird
import Logging
import Monitoring

/// Answers `/api/recipients` and `/api/notifications`.
struct NotificationRoutes: Sendable {
    let book: any RecipientBook
    let clock: any WallClock
    let bodies: BodyReader
    let logger: Logger

    /// Adds the routes.
    ///
    /// - Parameters:
    ///   - reading: for those who have credentials.
    ///   - changing: for those who may change things.
    func add(
        to reading: RouterGroup<RequestScope>, changing: RouterGroup<RequestScope>
    ) {
        reading.get("/api/recipients") { _, context in try await list(context) }
        reading.get("/api/notifications") { request, _ in try await log(request) }
        changing.post("/api/recipients") { request, context in try await create(request, context) }
        changing.put("/api/recipients/:recipient") { request, context in
            try await change(request, context)
        }
        changing.delete("/api/recipients/:recipient") { _, context in try await remove(context) }
        changing.post("/api/recipients/:recipient/test") { _, context in try await test(context) }
    }

    private func list(_ context: RequestScope) async throws -> Response {
        let isWhole = context.access.map { $0.scope >= .admin } ?? false
        return .json(RecipientBody.list(try await book.recipients(), isWhole: isWhole))
    }

    /// Answers the secret that a webhook is signed with, this once.
    private func create(_ request: Request, _ context: RequestScope) async throws -> Response {
        let change = try RecipientChange.new(
            try await bodies.object(of: request), makeID: { "recipient-\(RequestID.make())" })
        let secret =
            change.recipient.channel.isSigned
            ? try change.secret ?? NotificationRoutes.makeSecret() : nil
        try await changing { try await book.add(change.recipient, secret: secret) }
        note("a recipient was made", change.recipient.id, context)
        var response = Response.json(RecipientBody.recipient(change.recipient, secret: secret))
        response.status = .created
        response.headers[.location] = "/api/recipients/\(change.recipient.id)"
        return response
    }

    /// Sets what the body names. One that becomes a webhook gets a secret, which is answered.
    private func change(_ request: Request, _ context: RequestScope) async throws -> Response {
        // Before the body is read: what is not there is not found, whatever the body.
        let id = try await recipient(context).id
        let members = try await bodies.object(of: request)
        let (recipient, told) = try await changing {
            try await book.change(recipient: id, at: clock.now) { recipient, secret in
                let change = try RecipientChange.apply(members, to: recipient)
                let isSignedNow = change.recipient.channel.isSigned && !recipient.channel.isSigned
                let told = isSignedNow ? try change.secret ?? NotificationRoutes.makeSecret() : nil
                secret = told ?? change.secret
                recipient = change.recipient
                return (recipient, told)
            }
        }
        note("a recipient was changed", id, context)
        return .json(RecipientBody.recipient(recipient, secret: told))
    }

    private func remove(_ context: RequestScope) async throws -> Response {
        let id = context.pathText("recipient") ?? ""
        guard try await book.removeRecipient(id, at: clock.now) else { throw Problem.notFound }
        note("a recipient was removed", id, context)
        return Response(status: .noContent)
    }

    /// What becomes of it is in the log within seconds.
    private func test(_ context: RequestScope) async throws -> Response {
        let id = try await recipient(context).id
        let delivery = try await changing { try await book.addTest(for: id, at: clock.now) }
        note("a recipient is tested", id, context)
        var response = Response.json(DeliveryBody.delivery(delivery))
        response.status = .accepted
        return response
    }

    private func log(_ request: Request) async throws -> Response {
        let query = QueryText(request)
        var question = DeliveryQuestion()
        let words = Delivery.Status.allCases.map(\.rawValue)
        question.status = try query.word("status", of: words).flatMap(Delivery.Status.init(rawValue:))
        question.recipient = try query.text("recipient").map(String.init)
        question.limit = Int(try query.integer("limit", in: 1...1000) ?? 100)
        if let cursor = try query.text("cursor") {
            guard let number = Int64(cursor), number > 0 else {
                throw Problem.malformed("cursor", "is not one that was answered")
            }
            question.before = number
        }
        return .json(DeliveryBody.page(try await book.deliveries(question)))
    }

    private func recipient(_ context: RequestScope) async throws -> Recipient {
        let id = context.pathText("recipient")
        guard let found = try await book.recipients().first(where: { $0.id == id }) else {
            throw Problem.notFound
        }
        return found
    }

    private func changing<Result: Sendable>(
        _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as RecipientError {
            switch error {
            case .unknown: throw Problem.notFound
            case .taken(let id):
                throw Problem.unprocessable("id", "\(id) is taken; give another")
            case .tooMany(let maximum):
                throw Problem.unprocessable(
                    "id", "would be one too many; there are at most \(maximum) recipients")
            }
        }
    }

    /// 256 bits, in a form that logs are known to leave out.
    private static func makeSecret() throws -> String {
        guard let bytes = Digest.random(32) else {
            throw Problem(status: .serviceUnavailable, detail: "The system has no randomness now.")
        }
        return "esw_" + Digest.hex(bytes)
    }

    private func note(_ what: Logger.Message, _ recipient: String, _ context: RequestScope) {
        logger.notice(
            what,
            metadata: [
                "recipient": "\(recipient)", "token": "\(context.access?.name ?? "")",
                "request_id": "\(context.requestID)",
            ])
    }
}
