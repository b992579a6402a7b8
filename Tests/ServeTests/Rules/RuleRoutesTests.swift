//  RuleRoutesTests.swift · ServeTests

import Monitoring
import Support
import Testing

@testable import Serve

private let json = "Content-Type: application/json"
private let least = #"{"name":"Night","threshold_db":65}"#

private func site(_ scope: AccessToken.Scope = .operator) -> Site {
    var site = Site()
    site.tokens = FakeTokens(scope: scope)
    return site
}

extension Port {
    fileprivate func send(
        _ method: String, _ path: String, _ body: String = ""
    ) async throws -> RawConnection.Answer {
        try await request(method, path, fields: [Port.bearer, json], body: body)
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Rules over HTTP` {
    @Test func `are made with defaults, and answered with their id`() async throws {
        let site = site()
        try await site.run { port async throws in
            let made = try await port.send("POST", "/api/locations/gate/rules", least)
            #expect(made.status == 201)
            let rule = try #require(try await site.books.rules(of: .location("gate")).first)
            #expect(made["location"] == "/api/rules/\(rule.id)")
            #expect(
                made.body
                    == #"{"id":"\#(rule.id)","version":1,"location":"gate","unit":null,"#
                    + #""name":"Night","metric":"laeq","averaging":{"mode":"clock","seconds":900,"#
                    + #""consecutive":1},"comparison":"above","threshold_db":65.0,"#
                    + #""warning_db":null,"duration_s":0,"clear_margin_db":2.0,"cooldown_s":300,"#
                    + #""gap_s":30,"schedule":null,"enabled":true,"severity":null,"#
                    + #""visible_to_client":true,"recipients":[]}"#)
            #expect(try await port.get("/api/rules/\(rule.id)").body == made.body)
            #expect(
                try await port.get("/api/locations/gate/rules").body
                    == #"{"location":"gate","unit":null,"rules":[\#(made.body)],"unreadable":[]}"#)
            // What was read can be given back, and changes nothing.
            let same = try await port.send("PUT", "/api/rules/\(rule.id)", made.body)
            #expect(same.status == 200 && same.body == made.body)
        }
    }

    @Test func `keep what a change leaves out, and get another version`() async throws {
        let site = site()
        try await site.run { port async throws in
            let body =
                #"{"id":"n.1:x","name":"Night","threshold_db":65,"recipients":["ops"],"#
                + #""schedule":{"start":"22:00","end":"07:05","days":["fri"],"#
                + #""except_dates":["2026-12-25"]}}"#
            #expect(try await port.send("POST", "/api/locations/gate/rules", body).status == 201)
            let changed = try await port.send(
                "PUT", "/api/rules/n.1%3Ax", #"{"threshold_db":60.5,"enabled":false}"#)
            #expect(changed.status == 200)
            #expect(changed.body.contains(#""version":2,"location":"gate""#))
            #expect(changed.body.contains(#""threshold_db":60.5,"#))
            #expect(changed.body.contains(#""enabled":false"#))
            #expect(
                changed.body.contains(
                    #""schedule":{"start":"22:00","end":"07:05","days":["fri"],"#
                        + #""except_dates":["2026-12-25"]}"#))
            #expect(changed.body.contains(#""recipients":["ops"]"#))
        }
    }

    @Test func `are merged with what somebody else stored meanwhile`() async throws {
        let site = site()
        site.books.change {
            $0.put(AlertRule(id: "r1", site: .location("gate"), name: "N", thresholdTenths: 650))
        }
        // Once.
        site.books.meanwhile { sites in
            guard var rule = sites.rules["r1"], rule.name == "N" else { return }
            rule.name = "Theirs"
            sites.put(rule)
        }
        try await site.run { port async throws in
            let changed = try await port.send("PUT", "/api/rules/r1", #"{"threshold_db":60}"#)
            #expect(changed.status == 200)
            #expect(changed.body.contains(#""version":3,"#))
            #expect(changed.body.contains(#""name":"Theirs","#))
            #expect(changed.body.contains(#""threshold_db":60.0,"#))
        }
    }

    @Test func `are not changed over a version that the body does not mean`() async throws {
        let site = site()
        site.books.change {
            $0.put(AlertRule(id: "r1", site: .location("gate"), name: "N", thresholdTenths: 650))
        }
        try await site.run { port async throws in
            let body = #"{"threshold_db":60,"version":1}"#
            #expect(try await port.send("PUT", "/api/rules/r1", body).status == 200)
            let late = try await port.send(
                "PUT", "/api/rules/r1", #"{"threshold_db":55,"version":1}"#)
            #expect(late.status == 409)
            #expect(late.body.contains("its version is 2"), "\(late.body)")
            #expect(late.body.contains(#"{"field":"version","#))
            #expect(try await site.books.rule("r1")?.thresholdTenths == 600)
            // Between reading and storing, too; and somebody who never rests is not waited for.
            site.books.meanwhile { sites in
                var rule = sites.rules["r1"]!
                rule.cooldownSeconds += 1
                sites.put(rule)
            }
            for body in [#"{"threshold_db":50,"version":2}"#, #"{"threshold_db":50}"#] {
                #expect(try await port.send("PUT", "/api/rules/r1", body).status == 409, "\(body)")
            }
            #expect(try await site.books.rule("r1")?.thresholdTenths == 600)
            #expect(try await site.books.rule("r1")?.version == 3 + RuleRoutes.replaceTries)
        }
    }

    @Test func `over a window keep a schedule`() async throws {
        let site = site()
        try await site.run { port async throws in
            let body =
                #"{"id":"w","name":"N","threshold_db":65,"averaging":{"mode":"window"},"#
                + #""schedule":{"start":"22:00","end":"07:00"}}"#
            #expect(try await port.send("POST", "/api/locations/gate/rules", body).status == 201)
            let answer = try await port.send("PUT", "/api/rules/w", #"{"schedule":null}"#)
            #expect(answer.status == 422)
            #expect(answer.body.contains(#"{"field":"schedule","#), "\(answer.body)")
            let partial = try await port.send(
                "PUT", "/api/rules/w", #"{"averaging":{"consecutive":2},"schedule":{"end":"06:00"}}"#)
            #expect(partial.status == 200)
            #expect(
                partial.body.contains(
                    #""averaging":{"mode":"window","seconds":900,"consecutive":2}"#))
            #expect(partial.body.contains(#""schedule":{"start":"22:00","end":"06:00","#))
        }
    }

    @Test func `are previewed by so many at once`() async throws {
        var site = site()
        site.configuration.exports = 1
        let paths = ["/api/locations/gate/rules/preview", "/api/units/b-2/rules/preview"]
        try await site.run { port async throws in
            for path in paths + paths {
                #expect(try await port.send("POST", path, least).status == 200, "\(path)")
            }
        }
        site.configuration.exports = 0
        try await site.run { port async throws in
            for path in paths {
                let answer = try await port.send("POST", path, least)
                #expect(answer.status == 429 && answer["retry-after"] == "5", "\(path)")
            }
        }
        #expect(site.counts.hits(of: .replays) == 2)
    }

    @Test func `are deleted, once, also when they cannot be read`() async throws {
        let site = site()
        site.books.change { sites in
            sites.put(
                AlertRule(id: "r1", site: .location("gate"), name: "N", thresholdTenths: 650))
            sites.unreadable["r2"] = UnreadableRule(version: 1, site: .location("gate"))
        }
        try await site.run { port async throws in
            #expect(
                try await port.get("/api/locations/gate/rules").body
                    .hasSuffix(#""unreadable":["r2"]}"#))
            for id in ["r1", "r2"] {
                #expect(try await port.send("DELETE", "/api/rules/\(id)").status == 204)
                #expect(try await port.send("DELETE", "/api/rules/\(id)").status == 404)
                #expect(try await port.get("/api/rules/\(id)").status == 404)
                #expect(try await port.send("PUT", "/api/rules/\(id)", "{}").status == 404)
            }
        }
    }

    @Test func `of a unit are those of the place where it is, or its own`() async throws {
        let site = site()
        try await site.run { port async throws in
            _ = try await port.send("POST", "/api/units/a/rules", least)
            #expect(try await site.books.rules(of: .location("gate")).count == 1)
            #expect(
                try await port.get("/api/units/a/rules").body.hasPrefix(#"{"location":"gate","#))
            let own = try await port.send("POST", "/api/units/b-2/rules", least)
            #expect(own.status == 201 && own.body.contains(#""location":null,"unit":"b-2""#))
            #expect(try await site.books.rules(of: .unit("b-2")).count == 1)
            #expect(
                try await port.get("/api/units/b-2/rules").body
                    .hasPrefix(#"{"location":null,"unit":"b-2","rules":[{"#))
            // When its project has ended, it is nowhere.
            site.books.change { $0.projects["p1"]!.status = .archived }
            #expect(
                try await port.get("/api/units/a/rules").body
                    == #"{"location":null,"unit":"a","rules":[],"unreadable":[]}"#)
        }
    }

    // A member beside name and threshold_db, or in their place, and the field that is blamed.
    @Test(arguments: [
        (#""name":null"#, "name"), (#""name":"""#, "name"), (#""name":"a\nb""#, "name"),
        (#""metric":"leqa""#, "metric"), (#""metric":1"#, "metric"),
        (#""averaging":5"#, "averaging"), (#""averaging":{"mode":"x"}"#, "averaging.mode"),
        (#""averaging":{"seconds":59}"#, "averaging.seconds"),
        (#""averaging":{"seconds":86401}"#, "averaging.seconds"),
        (#""averaging":{"seconds":7000}"#, "averaging.seconds"),
        (#""averaging":{"consecutive":0}"#, "averaging.consecutive"),
        (#""averaging":{"x":0}"#, "averaging.x"), (#""averaging":{"mode":"window"}"#, "schedule"),
        (#""metric":"lp","averaging":{}"#, "averaging"), (#""comparison":"over""#, "comparison"),
        (#""threshold_db":-50.1"#, "threshold_db"), (#""threshold_db":200.1"#, "threshold_db"),
        (#""threshold_db":"65""#, "threshold_db"), (#""threshold_db":null"#, "threshold_db"),
        (#""threshold_db":65.25"#, "threshold_db"), (#""threshold_db":1e999"#, "body"),
        (#""warning_db":65"#, "warning_db"), (#""warning_db":-51"#, "warning_db"),
        (#""comparison":"below","warning_db":64"#, "warning_db"),
        (#""metric":"lmax","comparison":"below""#, "comparison"),
        (#""averaging":{"mode":"window"},"schedule":null"#, "schedule"),
        (#""duration_s":-1"#, "duration_s"), (#""duration_s":86401"#, "duration_s"),
        (#""duration_s":1.5"#, "duration_s"), (#""clear_margin_db":-0.1"#, "clear_margin_db"),
        (#""clear_margin_db":50.1"#, "clear_margin_db"), (#""cooldown_s":604801"#, "cooldown_s"),
        (#""gap_s":86401"#, "gap_s"), (#""schedule":"night""#, "schedule"),
        (#""schedule":{"start":"22:00"}"#, "schedule.end"),
        (#""schedule":{"start":"24:00","end":"07:00"}"#, "schedule.start"),
        (#""schedule":{"start":"22:00","end":"07:60"}"#, "schedule.end"),
        (#""schedule":{"start":"22:00","end":"07:00","days":[]}"#, "schedule.days"),
        (#""schedule":{"start":"22:00","end":"07:00","days":["monday"]}"#, "schedule.days"),
        (#""schedule":{"start":"22:00","end":"07:00","except_dates":["2026-02-29"]}"#,
            "schedule.except_dates"),
        (#""enabled":1"#, "enabled"), (#""visible_to_client":"yes""#, "visible_to_client"),
        (#""severity":5"#, "severity"), (#""recipients":"ops""#, "recipients"),
        (#""recipients":["nobody"]"#, "recipients"), (#""recipients":["ops","ops"]"#, "recipients"),
        (#""location":"roof""#, "location"), (#""unit":"a""#, "unit"), (#""id":"a b""#, "id"),
        (#""version":0"#, "version"), (#""colour":"red""#, "colour"),
    ])
    func `are refused by field, with 422`(member: String, field: String) async throws {
        let site = site()
        let defaults = [#""name":"N""#, #""threshold_db":65"#]
            .filter { !member.contains($0.prefix { $0 != ":" } + ":") }
        let body = "{\((defaults + [member]).joined(separator: ","))}"
        try await site.run { port async throws in
            let answer = try await port.send("POST", "/api/locations/gate/rules", body)
            #expect(answer.status == 422, "\(answer.body)")
            #expect(answer["content-type"] == "application/problem+json")
            #expect(answer.body.contains(#"{"field":"\#(field)","message":""#), "\(answer.body)")
        }
        #expect(try await site.books.sites().rules.isEmpty)
    }

    @Test(arguments: [
        ("", 400), ("[]", 400), (#"{"name":"N","name":"N","threshold_db":65}"#, 400),
        (#"{"name":"N","threshold_db":65,"averaging":{"mode":"clock","mode":"clock"}}"#, 400),
        (#"{"name":""# + String(repeating: "x", count: 64 * 1024) + #""}"#, 413),
    ])
    func `have bodies that are read within bounds`(body: String, status: Int) async throws {
        try await site().run { port async throws in
            let answer = try await port.send("POST", "/api/locations/gate/rules", body)
            #expect(answer.status == status)
        }
    }

    @Test func `are not made twice, too often, or where nobody is`() async throws {
        let site = site()
        try await site.run { port async throws in
            let own = #"{"id":"r1","name":"N","threshold_db":65}"#
            let path = "/api/locations/gate/rules"
            #expect(try await port.send("POST", path, own).status == 201)
            let taken = try await port.send("POST", path, own)
            #expect(taken.status == 409 && taken.body.contains(#"{"field":"id","#))
            for (path, status) in [
                ("/api/locations/nowhere/rules", 404), ("/api/locations/roof/rules", 409),
                ("/api/locations/a.b%3Ac/rules", 201), ("/api/units/nobody/rules", 404),
                ("/api/units/no.name/rules", 400),
            ] {
                #expect(try await port.send("POST", path, least).status == status, "\(path)")
            }
            for path in ["/api/locations/nowhere/rules", "/api/units/nobody/rules"] {
                #expect(try await port.get(path).status == 404)
            }
            site.books.change { sites in
                for number in 2...50 {
                    sites.put(
                        AlertRule(
                            id: "r\(number)", site: .location("gate"), name: "N",
                            thresholdTenths: 650))
                }
            }
            let full = try await port.send("POST", path, least)
            #expect(full.status == 409 && full.body.contains("at most 50 rules"))
        }
    }

    @Test(arguments: [
        ("GET", "/api/locations/gate/rules", 200, 200), ("GET", "/api/units/a/rules", 200, 200),
        ("GET", "/api/rules/r1", 200, 200), ("POST", "/api/locations/gate/rules", 403, 201),
        ("POST", "/api/units/a/rules", 403, 201), ("PUT", "/api/rules/r1", 403, 200),
        ("DELETE", "/api/rules/r1", 403, 204), ("GET", "/api/clients", 200, 200),
        ("GET", "/api/projects", 200, 200), ("GET", "/api/locations", 200, 200),
        ("GET", "/api/assignments", 200, 200),
    ])
    func `need a scope, and changes a page of our own`(
        method: String, path: String, viewer: Int, operator: Int
    ) async throws {
        for (scope, status) in [(AccessToken.Scope.viewer, viewer), (.operator, `operator`)] {
            let site = site(scope)
            site.books.change { sites in
                sites.put(
                    AlertRule(id: "r1", site: .location("gate"), name: "N", thresholdTenths: 650))
            }
            let value = try await site.session()
            try await site.run { port async throws in
                let body = method == "GET" ? "" : least
                let cookie = ["Cookie: earshot-operator=\(value)", json]
                let foreign = try await port.request(method, path, fields: cookie, body: body)
                #expect(foreign.status == (method == "GET" ? 200 : 403))
                let stranger = try await port.request(method, path, fields: [json], body: body)
                #expect(stranger.status == 401)
                #expect(try await port.send(method, path, body).status == status)
            }
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Sites over HTTP` {
    @Test(arguments: [
        ("clients", #"{"clients":[{"id":"alpha","name":"Alpha"}]}"#),
        (
            "projects",
            #"{"projects":[{"id":"p1","name":"Harbour","client":"alpha","status":"active","#
                + #""time_zone":"Europe/London","monitoring_hours":{"start":"08:05","end":"18:00","#
                + #""days":["mon","tue","wed","thu","fri","sat","sun"],"except_dates":[]}}]}"#
        ),
        (
            "locations",
            #"{"locations":[{"id":"a.b:c","project":"p1","name":"Yard","kind":"vibration","#
                + #""status":"active","latitude":51.5,"longitude":-0.02,"unit":null},"#
                + #"{"id":"gate","project":"p1","name":"Gate","kind":"sound","status":"active","#
                + #""latitude":null,"longitude":null,"unit":"a"},"#
                + #"{"id":"roof","project":"p1","name":"Roof","kind":"sound","status":"removed","#
                + #""latitude":null,"longitude":null,"unit":null}]}"#
        ),
        (
            "assignments",
            #"{"assignments":[{"location":"gate","unit":"a","from":"2026-03-01T00:00:00.000Z","#
                + #""to":null}]}"#
        ),
    ])
    func `are answered as they are provisioned`(path: String, body: String) async throws {
        try await Site().run { port async throws in
            #expect(try await port.get("/api/\(path)").body == body)
        }
    }
}
