//  LinkRoutes.swift · Serve
//
//  Links that let clients in: made, listed and revoked by operators. A project's links are those of
//  its client.

import Hummingbird
import JSON
import Logging
import Monitoring

/// Answers about links, and opens the clients' pages to operators.
struct LinkRoutes: Sendable {
    let sources: OperatorListener.Sources
    let bodies: BodyReader
    let address: PortalAddress
    let opensLinks: Bool
    let logger: Logger

    /// An operator's look at a client's pages begins within this time, or not at all.
    static let previewMilliseconds: Int64 = 60_000

    /// - Parameters:
    ///   - reading: routes for those who may read.
    ///   - changing: routes for operators.
    func add(
        to reading: RouterGroup<RequestScope>, changing: RouterGroup<RequestScope>
    ) {
        reading.get("/projects/:project/portal-links") { _, context in try await list(context) }
        changing.post("/projects/:project/portal-link") { request, context in
            try await make(request, context)
        }
        changing.post("/projects/:project/portal-link/:link/revoke") { _, context in
            try await revoke(context)
        }
        changing.post("/projects/:project/portal-preview") { _, context in
            try await preview(context)
        }
        changing.post("/api/links/revoke") { request, context in
            try await revokeByToken(request, context)
        }
    }

    private func list(_ context: RequestScope) async throws -> Response {
        let project = try await project(context)
        let links = try await sources.portal.links(of: project.client)
        return .json(
            LinkBody.list(
                links, open: opensLinks && project.status == .active ? "/portal/open/\(project.id)" : nil,
                base: address.base, at: sources.clock.now))
    }

    private func make(_ request: Request, _ context: RequestScope) async throws -> Response {
        let project = try await project(context)
        let now = sources.clock.now
        let members = try await bodies.object(of: request)
        let draft = try PortalLinkDraft(members, client: project.client, at: now)
        guard let (link, token) = try await sources.portal.makeLink(draft, at: now) else {
            throw Problem.notFound
        }
        note("a link was made", link.id, context)
        var response = Response.json(LinkBody.made(link, token: token, address, at: now))
        response.status = .created
        return response
    }

    private func revoke(_ context: RequestScope) async throws -> Response {
        let project = try await project(context)
        guard let id = context.parameters.get("link").flatMap({ Int64($0) }) else {
            throw Problem.notFound
        }
        let links = try await sources.portal.links(of: project.client)
        guard links.contains(where: { $0.id == id }) else { throw Problem.notFound }
        _ = try await sources.portal.revoke(link: id, of: project.client, at: sources.clock.now)
        note("a link was revoked", id, context)
        return .json(LinkBody.revoked)
    }

    private func revokeByToken(_ request: Request, _ context: RequestScope) async throws -> Response {
        let members = try await bodies.object(of: request)
        guard members.count == 1, members[0].key == "token", let token = members[0].value.string else {
            throw Problem.unprocessable("token", "must be the only key, and a link's token")
        }
        let hash = Digest.sha256(token.utf8)
        guard try await sources.portal.hasLink(withSecretHash: hash) else { throw Problem.notFound }
        _ = try await sources.portal.revoke(linkWithSecretHash: hash, at: sources.clock.now)
        logger.notice("a link was revoked", metadata: ["by": "\(context.access?.name ?? "")"])
        return .json(LinkBody.revoked)
    }

    /// A link for this operator alone, and the way there.
    private func preview(_ context: RequestScope) async throws -> Response {
        let project = try await project(context)
        guard let base = address.base else {
            throw Problem(
                status: .conflict,
                detail: "Nobody knows the clients' address. Set public_url, and restart.")
        }
        let now = sources.clock.now
        var draft = PortalLinkDraft(
            client: project.client, label: "Preview by \(context.access?.name ?? "")",
            expires: now.advanced(byMilliseconds: LinkRoutes.previewMilliseconds), isOneTime: true)
        draft.purpose = .preview
        guard let (_, token) = try await sources.portal.makeLink(draft, at: now) else {
            throw Problem.notFound
        }
        return Response(status: .seeOther, headers: [.location: base + LinkBody.path(token)])
    }

    private func project(_ context: RequestScope) async throws -> Project {
        guard let id = context.pathText("project"),
            let project = try await sources.sites.sites().projects[id], project.status != .deleted
        else { throw Problem.notFound }
        return project
    }

    private func note(_ message: Logger.Message, _ link: Int64, _ context: RequestScope) {
        logger.notice(
            message, metadata: ["link": "\(link)", "by": "\(context.access?.name ?? "")"])
    }
}
