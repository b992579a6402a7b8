//  NotificationRoutesTests.swift · ServeTests

import Monitoring
import Support
import Testing

@testable import Serve

@Suite(.timeLimit(.minutes(10))) struct `Recipients of notifications` {
    private static let fields = [Port.bearer, "Content-Type: application/json"]

    private func site(_ scope: AccessToken.Scope = .admin) -> Site {
        var site = Site()
        site.tokens = FakeTokens(scope: scope)
        return site
    }

    private func send(
        _ port: Port, _ method: String, _ path: String = "/api/recipients", _ body: String = ""
    ) async throws -> RawConnection.Answer {
        try await port.request(method, path, fields: Self.fields, body: body)
    }

    @Test func `are made with a secret that is answered once`() async throws {
        let site = site()
        try await site.run { port async throws in
            let made = try await send(
                port, "POST", "/api/recipients",
                #"{"id":"ops","name":"Operations","channel":"webhook","target":"https://h.example/x"}"#)
            #expect(made.status == 201 && made["location"] == "/api/recipients/ops")
            let secret = try #require(site.recipients.secret(of: "ops"))
            #expect(secret.hasPrefix("esw_") && secret.utf8.count == 68)
            #expect(made.body.contains(#""secret":"\#(secret)""#))
            #expect(made.body.contains(#""reminder_hours":4,"enabled":true"#))
            #expect(try await !port.get("/api/recipients").body.contains("secret"))
            let changed = try await send(
                port, "PUT", "/api/recipients/ops", #"{"quiet_hours":{"start":"22:00","end":"07:00"}}"#)
            #expect(changed.status == 200 && !changed.body.contains("secret"))
            #expect(changed.body.contains(#""quiet_hours":{"start":"22:00","end":"07:00","days":["mon","#))
            #expect(site.recipients.secret(of: "ops") == secret)
            let own = String(repeating: "s", count: 32)
            _ = try await send(port, "PUT", "/api/recipients/ops", #"{"secret":"\#(own)"}"#)
            #expect(site.recipients.secret(of: "ops") == own)
        }
    }

    @Test func `that get mail have no secret, until they become webhooks`() async throws {
        let site = site()
        try await site.run { port async throws in
            let mail = #"{"id":"m","name":"M","channel":"mail","target":"m@example.org"}"#
            let made = try await send(port, "POST", "/api/recipients", mail)
            #expect(made.status == 201 && !made.body.contains("secret"))
            let changed = try await send(
                port, "PUT", "/api/recipients/m", #"{"channel":"webhook","target":"https://h.example"}"#)
            #expect(changed.status == 200 && changed.body.contains(#""secret":"esw_"#))
        }
    }

    @Test(arguments: [
        (#"{}"#, "name is missing; channel is missing; target is missing"),
        (#"{"id":"a b","name":"n","channel":"mail","target":"m@e.org"}"#, "id must be 1 to 64"),
        (#"{"name":"","channel":"mail","target":"m@e.org"}"#, "name must be 1 to 200"),
        (#"{"name":"n\nBcc: x","channel":"mail","target":"m@e.org"}"#, "name must be 1 to 200"),
        (#"{"name":"n","channel":"pigeon","target":"m@e.org"}"#, "channel must be webhook or mail"),
        (#"{"name":"n","channel":"mail","target":"https://h"}"#, "target must be one mail address"),
        (#"{"name":"n","channel":"mail","target":"m@e.org\r\nBcc: x@e.org"}"#, "target must be one"),
        (#"{"name":"n","channel":"webhook","target":"ftp://h"}"#, "target must be an http or https"),
        (#"{"name":"n","channel":"webhook","target":"https://a:b@h"}"#, "target must be an http"),
        (#"{"name":"n","channel":"webhook","target":"https://h","secret":"short"}"#, "secret must be"),
        (
            #"{"name":"n","channel":"mail","target":"m@e.org","secret":"0123456789abcdef0123456789abcdef"}"#,
            "secret is of webhooks only"
        ),
        (#"{"name":"n","channel":"mail","target":"m@e.org","time_zone":"Moon"}"#, "time_zone must be"),
        (#"{"name":"n","channel":"mail","target":"m@e.org","reminder_hours":0}"#, "reminder_hours must"),
        (#"{"name":"n","channel":"mail","target":"m@e.org","enabled":1}"#, "enabled must be true"),
        (#"{"name":"n","channel":"mail","target":"m@e.org","colour":1}"#, "colour is not something"),
        (
            #"{"name":"n","channel":"mail","target":"m@e","quiet_hours":{"start":"24:00","end":"07:00"}}"#,
            "quiet_hours must be null"
        ),
        (
            #"{"name":"n","channel":"mail","target":"m@e","quiet_hours":{"start":"00:00","end":"00:00"}}"#,
            "that leaves some time"
        ),
    ])
    func `are refused with the field that is wrong`(body: String, words: String) async throws {
        try await site().run { port async throws in
            let answer = try await send(port, "POST", "/api/recipients", body)
            #expect(answer.status == 422 && answer.body.contains(words), "\(answer.body)")
        }
    }

    @Test func `are each there once, and not too many`() async throws {
        let site = site()
        site.recipients.fill()
        try await site.run { port async throws in
            func make(_ id: String) async throws -> RawConnection.Answer {
                try await send(
                    port, "POST", "/api/recipients",
                    #"{"id":"\#(id)","name":"n","channel":"mail","target":"m@e.org"}"#)
            }
            #expect(try await make("m").body.contains("id m is taken"))
            #expect(try await make("one").status == 201)
            #expect(try await make("two").body.contains("at most 3 recipients"))
            #expect(try await send(port, "PUT", "/api/recipients/none", "{}").status == 404)
            #expect(try await send(port, "POST", "/api/recipients/none/test").status == 404)
            #expect(try await send(port, "DELETE", "/api/recipients/m").status == 204)
            #expect(try await send(port, "DELETE", "/api/recipients/m").status == 404)
        }
    }

    @Test func `can be tested`() async throws {
        let site = site()
        site.recipients.fill()
        try await site.run { port async throws in
            let answer = try await send(port, "POST", "/api/recipients/ops/test")
            #expect(answer.status == 202)
            #expect(answer.body.contains(#""id":"t9","recipient":"ops","kind":"test","event":null"#))
        }
    }

    @Test(arguments: [AccessToken.Scope.viewer, .operator])
    func `are changed by admins only, who alone see whole URLs`(scope: AccessToken.Scope) async throws {
        let site = site(scope)
        site.recipients.fill()
        try await site.run { port async throws in
            for (method, path) in [
                ("POST", "/api/recipients"), ("PUT", "/api/recipients/ops"),
                ("DELETE", "/api/recipients/ops"), ("POST", "/api/recipients/ops/test"),
            ] {
                #expect(try await send(port, method, path, "{}").status == 403, "\(method) \(path)")
            }
            let list = try await port.get("/api/recipients")
            #expect(list.status == 200 && list.body.contains(#""target":"https://h.example/…""#))
            #expect(try await port.get("/api/recipients", fields: []).status == 401)
            #expect(try await port.get("/api/notifications", fields: []).status == 401)
        }
        let admins = self.site()
        admins.recipients.fill()
        try await admins.run { port async throws in
            #expect(try await port.get("/api/recipients").body.contains("https://h.example/x/secret?y"))
        }
    }

    @Test func `have a log, in pages and by status`() async throws {
        let site = site(.viewer)
        site.recipients.fill()
        try await site.run { port async throws in
            func ids(_ query: String) async throws -> [String] {
                let body = try await port.get("/api/notifications\(query)").body
                return body.matches(of: /\{"id":"(d\d)"/).map { String($0.1) }
            }
            #expect(try await ids("") == ["d4", "d3", "d2", "d1"])
            #expect(try await ids("?status=dead") == ["d3"])
            #expect(try await ids("?recipient=m") == [])
            let page = try await port.get("/api/notifications?limit=3")
            #expect(page.body.contains(#""pending":5,"dead":1,"next":"2"}"#))
            #expect(try await ids("?limit=3&cursor=2") == ["d1"])
            let metrics = try await port.get("/metrics").body
            #expect(metrics.contains(#"earshot_notifications{status="pending"} 5"#))
            #expect(metrics.contains(#"earshot_notifications{status="dead"} 1"#))
            #expect(try await port.get("/api/notifications?cursor=x").status == 400)
            #expect(try await port.get("/api/notifications?limit=1001").status == 422)
        }
    }
}
