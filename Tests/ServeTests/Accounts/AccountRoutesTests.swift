//  AccountRoutesTests.swift · ServeTests

import Foundation
import Monitoring
import Store
import Support
import Testing

@testable import Serve

@Suite(.timeLimit(.minutes(10))) struct `Accounts over HTTP` {
    private static let json = "Content-Type: application/json"
    private static let password = "correct horse battery"

    private func site(_ scope: AccessToken.Scope = .admin) -> Site {
        var site = Site()
        site.tokens = FakeTokens(scope: scope)
        return site
    }

    private func send(
        _ port: Port, _ method: String, _ path: String, _ body: String = ""
    ) async throws -> RawConnection.Answer {
        try await port.request(method, path, fields: [Port.bearer, Self.json], body: body)
    }

    private func object(_ answer: RawConnection.Answer) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(answer.bytes))
        return try #require(value as? [String: Any])
    }

    @Test func `make operators, with the password that was made told once`() async throws {
        let site = site()
        try await site.run { port async throws in
            let made = try await send(
                port, "POST", "/api/operators", #"{"name":"ada","role":"admin"}"#)
            #expect(made.status == 201 && made["location"] == "/api/operators/1")
            let password = try #require(try object(made)["password"] as? String)
            let book = site.registry.book
            #expect(
                try await book.signIn(name: "ada", password: password, at: site.clock.now) != nil)
            let given = try await send(
                port, "POST", "/api/operators",
                #"{"name":"eve","role":"viewer","password":"\#(Self.password)"}"#)
            #expect(given.status == 201 && !given.body.contains("password"))
            let list = try await port.get("/api/operators").body
            #expect(!list.contains("password"))
            #expect(
                list.contains(
                    #"{"id":2,"name":"eve","role":"viewer","created":"2026-11-23T16:00:00.000Z","#
                        + #""last_sign_in":null}"#))
        }
    }

    @Test func `change operators and end them`() async throws {
        let site = site()
        try await site.run { port async throws in
            _ = try await send(port, "POST", "/api/operators", #"{"name":"ada","role":"viewer"}"#)
            let changed = try await send(
                port, "PUT", "/api/operators/1", #"{"name":"Ada","role":"operator","password":null}"#)
            #expect(changed.status == 200 && changed.body.contains(#""password":""#))
            #expect(changed.body.contains(#""name":"Ada","role":"operator""#))
            #expect(try await send(port, "DELETE", "/api/operators/1").status == 204)
            for method in ["DELETE", "PUT"] {
                #expect(try await send(port, method, "/api/operators/1", "{}").status == 404)
            }
            #expect(try await send(port, "DELETE", "/api/operators/x").status == 404)
        }
    }

    @Test func `keep the last admin`() async throws {
        // The token that asks is another book's: in this one there is none.
        let site = site()
        try await site.run { port async throws in
            _ = try await send(port, "POST", "/api/operators", #"{"name":"ada","role":"admin"}"#)
            let lowered = try await send(port, "PUT", "/api/operators/1", #"{"role":"viewer"}"#)
            #expect(lowered.status == 409 && lowered.body.contains("last admin"))
            #expect(try await send(port, "DELETE", "/api/operators/1").status == 409)
            _ = try await send(port, "POST", "/api/tokens", #"{"name":"x","scope":"admin"}"#)
            #expect(try await send(port, "DELETE", "/api/operators/1").status == 204)
        }
    }

    @Test(arguments: [
        ("operators", #"{}"#, 422, "name is missing; role is missing"),
        ("operators", #"{"name":"7","role":"viewer"}"#, 422, "not only digits"),
        ("operators", #"{"name":"a","role":"king"}"#, 422, "must be viewer, operator or admin"),
        ("operators", #"{"name":"a","role":"viewer","password":"short"}"#, 422, "at least 12"),
        ("operators", #"{"name":"a","role":"viewer","password":7}"#, 422, "must be a string"),
        ("operators", #"{"name":"a","role":"viewer","pass":"x"}"#, 422, "name, role and password"),
        ("operators", #"{"name":"TAKEN","role":"viewer"}"#, 409, "already"),
        ("tokens", #"{}"#, 422, "name is missing; scope is missing"),
        ("tokens", #"{"name":"a","scope":"viewer","expires":"soon"}"#, 422, "a time to come"),
        (
            "tokens", #"{"name":"a","scope":"viewer","expires":"2026-11-23T16:00:00Z"}"#, 422,
            "a time to come"
        ),
    ])
    func `refuse what cannot be`(
        what: String, body: String, status: Int, words: String
    ) async throws {
        let site = site()
        try await site.run { port async throws in
            _ = try await send(port, "POST", "/api/operators", #"{"name":"taken","role":"admin"}"#)
            let answer = try await send(port, "POST", "/api/\(what)", body)
            #expect(answer.status == status && answer.body.contains(words), "\(answer.body)")
            #expect(try await site.registry.book.tokenRecords().isEmpty)
            #expect(try await site.registry.book.operators().count == 1)
        }
    }

    @Test func `hand out tokens once, and revoke them`() async throws {
        let site = site()
        try await site.run { port async throws in
            let made = try await send(
                port, "POST", "/api/tokens",
                #"{"name":"ci","scope":"operator","expires":"2030-01-01T00:00:00Z"}"#)
            #expect(made.status == 201)
            let secret = try #require(try object(made)["token"] as? String)
            let book = site.registry.book
            #expect(try await book.token(withSecretHash: Digest.sha256(secret.utf8))?.name == "ci")
            #expect(try await !port.get("/api/tokens").body.contains(secret))
            #expect(try await send(port, "DELETE", "/api/tokens/1").status == 204)
            #expect(try await port.get("/api/tokens").body.contains(#""state":"revoked""#))
            #expect(try await send(port, "DELETE", "/api/tokens/1").status == 404)
            let rows = try await port.get("/api/audit").body
            #expect(!rows.contains(secret))
            #expect(rows.contains(#""detail":"ci, operator""#))
        }
    }

    @Test func `tell who changed what, page by page`() async throws {
        let site = site()
        try await site.run { port async throws in
            for name in ["a", "b", "c"] {
                _ = try await send(
                    port, "POST", "/api/operators", #"{"name":"\#(name)","role":"viewer"}"#)
            }
            let first = try object(try await port.get("/api/audit?limit=2"))
            let entries = try #require(first["entries"] as? [[String: Any]])
            #expect(entries.map { $0["detail"] as? String } == ["c, viewer", "b, viewer"])
            #expect(entries[0]["by"] as? String == "token test")
            #expect(entries[0]["action"] as? String == "POST /api/operators")
            #expect(entries[0]["address"] as? String == "127.0.0.1")
            let next = try #require(first["next"] as? String)
            let second = try object(try await port.get("/api/audit?limit=2&cursor=\(next)"))
            #expect((second["entries"] as? [Any])?.count == 1 && second["next"] == nil)
            #expect(try await port.get("/api/audit?cursor=x").status == 400)
        }
    }

    @Test(arguments: [
        ("GET", "/api/operators", ""), ("GET", "/api/tokens", ""), ("GET", "/api/audit", ""),
        ("POST", "/api/operators", #"{"name":"a","role":"viewer"}"#),
        ("PUT", "/api/operators/1", "{}"), ("DELETE", "/api/operators/1", ""),
        ("POST", "/api/tokens", #"{"name":"a","scope":"viewer"}"#),
        ("DELETE", "/api/tokens/1", ""),
    ])
    func `are the admins' alone`(method: String, path: String, body: String) async throws {
        for scope in [AccessToken.Scope.viewer, .operator] {
            let site = site(scope)
            try await site.run { port async throws in
                #expect(try await send(port, method, path, body).status == 403)
                #expect(
                    try await port.request(method, path, fields: [Self.json], body: body).status
                        == 401)
                #expect(try await site.registry.book.auditEntries(before: nil, limit: 1).isEmpty)
                let page = try await port.get("/accounts")
                #expect(page.status == 403 && page.body == "not for \(scope)")
            }
        }
        let site = site()
        let cookie = "Cookie: earshot-operator=\(try await site.session())"
        try await site.run { port async throws in
            let foreign = try await port.request(
                method, path, fields: [cookie, Self.json, "Origin: https://evil.example"], body: body)
            #expect(foreign.status == (method == "GET" ? 200 : 403))
        }
    }
}

@Suite struct `The page of accounts` {
    @Test func `shows operators, tokens and the audit log to admins`() async throws {
        var site = Site()
        site.assets = .embedded
        site.tokens = FakeTokens(scope: .admin)
        let book = site.registry.book
        let now = site.clock.now
        _ = try await book.addOperator("Ada <b>", role: .viewer, password: .made, at: now)
        _ = try await book.makeToken(name: "ci", scope: .viewer, now: now, expires: nil)
        for number in 1...60 {
            try await book.record(
                AuditEntry(
                    at: now, by: "ada", action: "POST /api/events/{event}/ack",
                    path: "/api/events/\(number)/ack", status: 200))
        }
        try await site.run { port async throws in
            let page = try await port.get("/accounts").body
            #expect(page.contains("Ada &lt;b&gt;") && !page.contains("Ada <b>"))
            #expect(page.contains("Acknowledged an event") && page.contains("/api/events/60/ack"))
            #expect(!page.contains("/api/events/10/ack"))
            #expect(page.contains(#"href="/accounts?before=11#audit""#))
            #expect(page.contains(#"<b>test</b>"#) && page.contains(#"href="/accounts" aria-current"#))
            let older = try await port.get("/accounts?before=11").body
            #expect(older.contains("/api/events/10/ack") && !older.contains("Older"))
            let units = try await port.get("/").body
            #expect(units.contains(#"href="/accounts""#))
            let door = try await port.get("/sign-in", fields: []).body
            #expect(!door.contains("/accounts") && !door.contains("Sign out"))
            #expect(door.contains(#"name="password""#) && !door.contains("<details class=\"other\" open"))
        }
    }

    @Test func `is not offered to others, and the door says how to make the first operator`()
        async throws
    {
        var site = Site()
        site.assets = .embedded
        try await site.run { port async throws in
            #expect(try await !port.get("/").body.contains(#"href="/accounts""#))
            let page = try await port.get("/accounts")
            #expect(page.status == 403 && page.body.contains("needs the role admin"))
            let door = try await port.get("/sign-in", fields: []).body
            #expect(door.contains("earshot operator add NAME --role admin"))
            #expect(!door.contains(#"name="password""#))
        }
    }
}
