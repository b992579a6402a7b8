//  RuleRoutes.swift · Serve
//
//  Rules of locations and of units that are assigned nowhere.

import HTTPTypes
import Hummingbird
import Logging
import Monitoring
import NIOCore
import Provisioning

/// Answers `/api/rules`, and the rules of locations and units.
struct RuleRoutes: Sendable {
    let sources: OperatorListener.Sources
    let lookup: UnitLookup
    let bodies: BodyReader
    /// Previews and replays that run at once.
    let places: TransferPlaces
    let logger: Logger

    // MARK: - Of a site

    func list(_ site: AlertRule.Site) async throws -> Response {
        let unreadable = try await sources.sites.sites().unreadable
        return .json(
            RuleBody.list(
                try await sources.rules.rules(of: site), of: site,
                unreadable: unreadable.filter { $0.value.site == site }.keys.sorted()))
    }

    func create(
        _ request: Request, at site: AlertRule.Site, _ context: RequestScope
    ) async throws -> Response {
        let json = try await bodies.objectBytes(of: request).readableBytesView
        let wanted = try read { () throws(FieldFaults) in
            try AlertRule(json: json, makeID: RuleRoutes.makeID, site: site)
        }
        let rule = try await change { try await sources.rules.add(wanted) }
        note("a rule was made", rule.id, context)
        var response = Response.json(RuleBody.rule(rule))
        response.status = .created
        response.headers[.location] = "/api/rules/\(rule.id)"
        return response
    }

    /// The location of the request's path.
    ///
    /// - Throws: 404 when there is none.
    func location(_ context: RequestScope) async throws -> AlertRule.Site {
        guard let id = context.pathText("location"),
            try await sources.sites.sites().locations[id] != nil
        else { throw Problem.notFound }
        return .location(id)
    }

    /// Where the unit of the request's path is now; itself when it is assigned nowhere.
    func place(_ context: RequestScope) async throws -> AlertRule.Site {
        let unit = try await lookup.unit(context).id
        let sites = try await sources.sites.sites()
        return sites.assignment(of: unit, at: sources.clock.now).map { .location($0.location) }
            ?? .unit(unit)
    }

    // MARK: - One

    func show(_ context: RequestScope) async throws -> Response {
        .json(RuleBody.rule(try await rule(context)))
    }

    /// How often a change is made, when somebody else changes the rule each time meanwhile.
    static let replaceTries = 5

    /// Sets what the body names; what it leaves out stays, and null is the default. A body that says
    /// which version it changes changes no other.
    func replace(_ request: Request, _ context: RequestScope) async throws -> Response {
        // Before the body is read: a rule that is not there is not found, whatever the body.
        _ = try await rule(context)
        let json = try await bodies.objectBytes(of: request).readableBytesView
        for _ in 0..<RuleRoutes.replaceTries {
            let known = try await rule(context)
            let wanted = try read { () throws(FieldFaults) in
                try AlertRule(
                    json: json, id: known.id, makeID: RuleRoutes.makeID, site: known.site,
                    over: known)
            }
            guard wanted.version == known.version else {
                throw Problem(RuleBookError.changed(version: known.version))
            }
            do {
                let rule = try await change {
                    try await sources.rules.replace(wanted, over: known.version)
                }
                if rule.version != known.version { note("a rule was changed", rule.id, context) }
                return .json(RuleBody.rule(rule))
            } catch RuleBookError.changed {}
        }
        throw Problem(
            status: .conflict,
            detail: "Others change this rule at the same time. Read it, and send the change again.")
    }

    /// Its events stay. A rule that cannot be read goes too.
    func remove(_ context: RequestScope) async throws -> Response {
        guard let id = context.pathText("rule"), try await sources.rules.delete(rule: id) else {
            throw Problem.notFound
        }
        note("a rule was deleted", id, context)
        return Response(status: .noContent)
    }

    // MARK: - What it would have done

    /// The days that a preview looks back: what `days` of the request says.
    static let previewDays: ClosedRange<Int64> = 1...731
    static let previewDaysDefault: Int64 = 30

    /// A rule that is not saved, over the past of its site.
    func preview(_ request: Request, at site: AlertRule.Site) async throws -> Response {
        let json = try await bodies.objectBytes(of: request).readableBytesView
        let days = try QueryText(request).integer("days", in: RuleRoutes.previewDays)
            ?? RuleRoutes.previewDaysDefault
        let rule = try read { () throws(FieldFaults) in
            try AlertRule(json: json, makeID: { "preview" }, site: site)
        }
        let place = try places.take()
        defer { place.leave() }
        let now = sources.clock.now
        let range = TimeRange(
            start: now.advanced(byMilliseconds: -days * Dwell.dayMilliseconds), end: now)!
        let stretches = try await sources.sites.sites().past(of: site, in: range)
        let report = try await sources.replays.backTest(rule, over: stretches)
        return .json(ReplayBody.preview(report, of: rule, in: range))
    }

    private func rule(_ context: RequestScope) async throws -> AlertRule {
        guard let id = context.pathText("rule"), let rule = try await sources.rules.rule(id) else {
            throw Problem.notFound
        }
        return rule
    }

    // MARK: - What is wrong

    private func read(_ body: () throws(FieldFaults) -> AlertRule) throws(Problem) -> AlertRule {
        do {
            return try body()
        } catch {
            throw .unprocessable(error.faults.map { .init(field: $0.field, message: $0.message) })
        }
    }

    /// What is wrong becomes an answer, but for a change of somebody else.
    private func change(_ body: () async throws -> AlertRule) async throws -> AlertRule {
        do {
            return try await body()
        } catch let error as RuleBookError {
            if case .changed = error { throw error }
            throw Problem(error)
        }
    }

    private func note(_ what: Logger.Message, _ rule: String, _ context: RequestScope) {
        logger.notice(
            what,
            metadata: [
                "rule": "\(rule)", "token": "\(context.access?.name ?? "")",
                "request_id": "\(context.requestID)",
            ])
    }

    private static func makeID() -> String { "rule-\(RequestID.make())" }
}

extension Problem {
    fileprivate init(_ error: RuleBookError) {
        switch error {
        case .unknownRule: self = .notFound
        case .unknownSite:
            self.init(status: .conflict, detail: "This location or unit was removed.")
        case .taken(let id):
            self.init(
                status: .conflict, detail: "There is or was a rule \(id). Leave the id out.",
                faults: [Fault(field: "id", message: "is that of another rule. Leave it out.")])
        case .tooMany:
            self.init(
                status: .conflict,
                detail: "There are at most \(AlertRule.siteMaximum) rules here. Delete one first.")
        case .unknownRecipients(let ids):
            self = .unprocessable(
                "recipients", "has \(ids.map { "\"\($0)\"" }.joined(separator: ", ")), which is "
                    + "not known. Give ids of recipients.")
        case .changed(let version):
            self.init(
                status: .conflict,
                detail: "The rule was changed: its version is \(version). Read it, and send the "
                    + "change again with that version.",
                faults: [Fault(field: "version", message: "is not \(version), which is stored")])
        case .unsound:
            self = .unprocessable(
                "body", "is a rule with values that are out of range or do not go together")
        }
    }
}
