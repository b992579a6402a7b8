//  OperatorSignInTests.swift · ServeTests

import Monitoring
import Store
import Support
import Testing

@testable import Serve

private let password = "correct horse battery"

@Suite(.timeLimit(.minutes(10))) struct `Signing in as an operator` {
    private let site = Site()

    private func add(_ name: String, _ role: AccessToken.Scope) async throws -> Operator {
        try await site.registry.book.addOperator(
            name, role: role, password: .given(password), at: site.clock.now
        ).person
    }

    private func signIn(
        _ port: Port, _ name: String = "ada", _ text: String = password
    ) async throws -> RawConnection.Answer {
        try await port.request(
            "POST", "/sign-in", fields: ["Content-Type: application/x-www-form-urlencoded"],
            body: "name=\(name)&password=\(text.replacing(" ", with: "+"))&next=%2Funits%2Fa")
    }

    private func cookie(_ answer: RawConnection.Answer) throws -> String {
        "Cookie: " + (try #require(answer["set-cookie"])).prefix { $0 != ";" }
    }

    /// The rows of the audit log, newest first.
    private func audit() async throws -> [String] {
        try await site.registry.book.auditEntries(before: nil, limit: 20).map {
            "\($0.by)|\($0.action)|\($0.path)|\($0.status ?? 0)|\($0.detail)"
        }
    }

    @Test func `opens pages, API and streams by name and password`() async throws {
        _ = try await add("Ada", .viewer)
        try await site.run { port async throws in
            let answer = try await signIn(port)
            #expect(answer.status == 303 && answer["location"] == "/units/a")
            let cookie = try cookie(answer)
            #expect(try await port.get("/units/a", fields: [cookie]).status == 200)
            #expect(try await port.get("/api/units", fields: [cookie]).status == 200)
            try await port.stream("a", fields: [cookie]).close()
            #expect(try await audit() == ["Ada|POST /sign-in|/sign-in|303|by password"])
        }
    }

    @Test func `says the same of a wrong name and a wrong password`() async throws {
        _ = try await add("ada", .viewer)
        try await site.run { port async throws in
            let answers = [
                try await signIn(port, "ada", "not the password"),
                try await signIn(port, "eve", "not the password"),
                try await signIn(port, "ada", ""),
            ]
            for answer in answers {
                #expect(answer.status == 401 && answer["set-cookie"] == nil)
                #expect(answer.body == answers[0].body)
            }
            // What was typed for a name may be a password.
            #expect(
                try await audit() == [
                    "ada|POST /sign-in|/sign-in|401|wrong name or password",
                    "|POST /sign-in|/sign-in|401|wrong name or password",
                    "ada|POST /sign-in|/sign-in|401|wrong name or password",
                ])
        }
    }

    @Test func `acts under one's name, as far as one's role goes now`() async throws {
        site.books.set([.sample(1)])
        let ada = try await add("ada", .operator)
        _ = try await add("root", .admin)
        try await site.run { port async throws in
            let fields = [
                try cookie(try await signIn(port)), "Sec-Fetch-Site: same-origin",
                "Content-Type: application/json",
            ]
            func acknowledge() async throws -> Int {
                try await port.request(
                    "POST", "/api/events/1/ack", fields: fields, body: "{}").status
            }
            #expect(try await acknowledge() == 200)
            #expect(try await site.books.event(1)?.acknowledgements.map(\.by) == ["ada"])
            #expect(
                try await audit()[0] == "ada|POST /api/events/{event}/ack|/api/events/1/ack|200|")
            let count = try await audit().count
            _ = try await site.registry.book.change(
                operator: ada.id, OperatorChange(role: .admin), at: site.clock.now)
            #expect(try await port.request("DELETE", "/api/units/a", fields: fields).status == 204)
            _ = try await site.registry.book.change(
                operator: ada.id, OperatorChange(role: .viewer), at: site.clock.now)
            #expect(try await acknowledge() == 401)
            #expect(try await audit().count == count + 1, "what was refused is no change")
        }
    }

    @Test(arguments: ["role", "removal", "password", "sign-out"])
    func `ends streams with the access they were opened by`(how: String) async throws {
        let ada = try await add("ada", .operator)
        _ = try await add("root", .admin)
        let book = site.registry.book
        try await site.run { port async throws in
            let cookie = try cookie(try await signIn(port))
            let stream = try await port.stream("a", fields: [cookie])
            _ = try await stream.readMessage()
            #expect(await port.hub.watch.needsCheck(), "somebody came")
            #expect(await !port.hub.watch.needsCheck())
            switch how {
            case "role":
                _ = try await book.change(
                    operator: ada.id, OperatorChange(role: .viewer), at: site.clock.now)
            case "removal": _ = try await book.remove(operator: ada.id, at: site.clock.now)
            case "password":
                _ = try await book.change(
                    operator: ada.id, OperatorChange(password: .made), at: site.clock.now)
            default:
                let answer = try await port.request("POST", "/sign-out", fields: [cookie])
                #expect(answer.status == 303 && answer["location"] == "/sign-in")
                #expect(try await audit()[0] == "ada|POST /sign-out|/sign-out|303|")
            }
            #expect(await port.hub.watch.needsCheck(), "each second it is asked")
            await port.hub.checkViewers()
            #expect(try await stream.readFrame().closeCode == 4401)
            #expect(try await port.get("/api/units", fields: [cookie]).status == 401)
            #expect(try await port.get("/", fields: [cookie])["location"] == "/sign-in")
        }
    }

    @Test func `leaves a token's session to the token, under its name`() async throws {
        _ = try await add("test", .viewer)
        try await site.run { port async throws in
            let answer = try await port.request(
                "POST", "/sign-in", fields: ["Content-Type: application/x-www-form-urlencoded"],
                body: "token=secret")
            #expect(answer.status == 303)
            #expect(try await audit() == ["token test|POST /sign-in|/sign-in|303|by token"])
        }
    }

    @Test func `takes no cookie from before operators had sessions`() async throws {
        _ = try await add("ada", .admin)
        try await site.run { port async throws in
            _ = try await signIn(port)
            let expiry = site.clock.now.milliseconds / 1000 + 1000
            let text = "v1.k1.1.\(expiry)"
            let code = Digest.hmac(
                key: site.keys.newest.secret, Array(("earshot-operator-session\n" + text).utf8))
            let old = "Cookie: earshot-operator=\(text).\(Digest.hex(code))"
            #expect(try await port.get("/api/units", fields: [old]).status == 401)
        }
    }
}

@Suite struct `A path in the audit log` {
    @Test(arguments: [
        ("/api/units/NL43-0001", "/api/units/NL43-0001"),
        ("/portal/enter/tok-alpha", "/portal/enter/[redacted]"),
        ("/x/el_0123456789abcdef0123456789abcdef/y", "/x/[redacted]/y"),
        ("/es_1", "/es_1"),
    ])
    func `holds no secret`(path: String, written: String) {
        #expect(Audit.redacted(path) == written)
    }
}
