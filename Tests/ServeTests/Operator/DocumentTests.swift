//  DocumentTests.swift · ServeTests
//
//  What `/openapi.json` says is what is there.

import Foundation
import Hummingbird
import Monitoring
import Support
import Testing

@testable import Serve

@Suite(.timeLimit(.minutes(10))) struct `The OpenAPI document` {
    private func site() -> Site {
        var site = Site()
        site.assets = .embedded
        site.tokens = FakeTokens(scope: .admin)
        site.history = FakeHistory(
            [.sample("b-2", at: "2026-11-23T15:59:58Z"), .sample("b-2", at: "2026-11-23T15:59:59Z")],
            damage: [Damage(file: "s1", kind: "page", unit: "b-2", detail: "cannot be read")])
        site.upstreams.statuses = [
            UpstreamStatus(
                id: "south", url: "http://127.0.0.1:1", state: .stalled, units: 1,
                since: "2026-11-23T15:00:00Z")
        ]
        site.units.reports["b-2"] = UnitReport(
            rate: UnitRate(isFull: true, reason: .viewer, viewerCount: 2),
            cellular: CellularEstimate(
                bytesPerDay: 43_000_000, bytes: 1_200_000, since: "2026-11-23T15:00:00Z"))
        site.faults = [
            FakeFaults(counts: [
                "b-2": Dictionary(uniqueKeysWithValues: FaultReason.allCases.map { ($0, 1) })
            ])
        ]
        site.books.set([.sample()])
        site.books.change { $0.put(SoundEvent.sample().rule!) }
        site.recipients.fill()
        site.feed.publish([
            .frame(.sample("b-2", at: "2026-11-23T15:59:59Z", start: "2026-11-23T07:00:00Z"))
        ])
        return site
    }

    private func router(_ site: Site) throws -> Router<RequestScope> {
        let authenticator = Authenticator(
            tokens: site.tokens, operators: site.registry.book,
            cookie: SessionCookie(keys: site.keys, isSecure: false), clock: site.clock)
        return OperatorRoutes(
            sources: site.sources, configuration: site.configuration,
            policy: AnswerPolicy(isSecure: false), authenticator: authenticator,
            origins: OriginPolicy(allowed: []), pages: try Pages(.embedded), assets: .embedded,
            replays: TransferPlaces(1, .replays, counts: site.counts), announce: { _ in },
            log: RequestLog(listener: "operator", counts: site.counts, logger: quietLogger)
        ).router
    }

    private func routes(_ router: Router<RequestScope>) -> Set<String> {
        Set(router.routes.filter { $0.method != .head }.map { "\($0.method) \($0.path)" })
    }

    @Test func `has exactly the routes of the operators' port`() async throws {
        let site = site()
        let document = try await site.run { port async throws in
            try await port.get("/openapi.json", fields: [])
        }
        #expect(document["content-type"] == "application/json")
        let schema = try Schema(document.body)
        #expect(schema.operations.symmetricDifference(routes(try router(site))) == [])
    }

    @Test func `has exactly the routes of the clients' port`() throws {
        let router = try ClientSite().routes().router
        let asset = try #require(AssetCatalog.embedded.asset(named: "openapi-portal.json"))
        let schema = try Schema(String(buffer: asset.bytes))
        #expect(schema.operations == routes(router))
    }

    @Test(arguments: ["openapi-operator.json", "openapi-portal.json"])
    func `is whole`(name: String) throws {
        let asset = try #require(AssetCatalog.embedded.asset(named: name))
        let text = String(buffer: asset.bytes)
        let schema = try Schema(text)
        #expect(schema.document["openapi"] as? String == "3.1.0")
        for match in text.matches(of: /"\$ref": "([^"]+)"/) {
            #expect(schema.resolve(String(match.1)) != nil, Comment(rawValue: String(match.1)))
        }
        var ids: [String] = []
        for (path, item) in schema.paths {
            let parameters = item["parameters"] as? [[String: Any]] ?? []
            #expect(
                Set(parameters.compactMap { $0["name"] as? String })
                    == Set(path.matches(of: /\{(\w+)\}/).map { String($0.1) }), "\(path)")
            for method in Schema.methods {
                guard let operation = item[method] as? [String: Any] else { continue }
                ids.append(try #require(operation["operationId"] as? String))
                #expect(operation["summary"] is String)
                #expect(!(operation["responses"] as? [String: Any] ?? [:]).isEmpty)
            }
        }
        #expect(Set(ids).count == ids.count)
    }

    @Test func `describes every answer to clients in JSON`() async throws {
        let site = try await ClientSite.filled()
        let cookie = try await site.cookie(of: "alpha")
        let asset = try #require(AssetCatalog.embedded.asset(named: "openapi-portal.json"))
        let schema = try Schema(String(buffer: asset.bytes))
        let base = "/portal/api/location/{location}"
        let cases = [
            ("/portal/api/locations", "/portal/api/locations", 200),
            (base + "/live", "/portal/api/location/a1/live", 200),
            (base + "/live", "/portal/api/location/a2/live", 200),
            (base + "/live", "/portal/api/location/b1/live", 404),
            (
                base + "/history",
                "/portal/api/location/a1/history?from=2026-11-23T15:00:00Z&to=2026-11-23T16:00:00Z&ln=10",
                200
            ),
            (base + "/history", "/portal/api/location/a1/history", 400),
            (base + "/events", "/portal/api/location/a1/events", 200),
            (base + "/events", "/portal/api/location/a1/events?unit=a", 422),
            (base + "/thresholds", "/portal/api/location/a1/thresholds", 200),
            (base + "/stream", "/portal/api/location/a1/stream", 426),
        ]
        try await site.run { port async throws in
            for (path, target, status) in cases {
                let answer = try await port.get(target, fields: [cookie])
                #expect(answer.status == status, Comment(rawValue: target))
                let type = try #require(answer["content-type"])
                let described = try #require(
                    schema.answer(path, "get", status, type), Comment(rawValue: target))
                #expect(schema.faults(answer.body, described) == [], Comment(rawValue: target))
            }
        }
    }

    @Test func `describes every answer in JSON`() async throws {
        let cases = [
            ("/healthz", "/healthz", 200), ("/readyz", "/readyz", 200),
            ("/openapi.json", "/openapi.json", 200),
            ("/api/units", "/api/units", 200), ("/api/units/{unit}", "/api/units/a", 200),
            ("/api/units/{unit}", "/api/units/b-2", 200),
            ("/api/units/{unit}", "/api/units/nobody", 404),
            ("/api/units/{unit}/live", "/api/units/a/live", 200),
            ("/api/units/{unit}/live", "/api/units/b-2/live", 200),
            (
                "/api/units/{unit}/history",
                "/api/units/b-2/history?from=2026-11-23T15:59:00Z&to=2026-11-23T16:00:00Z&points=9",
                200
            ),
            ("/api/units/{unit}/history", "/api/units/b-2/history?resolution=raw&limit=1", 200),
            ("/api/units/{unit}/history", "/api/units/b-2/history", 400),
            ("/api/units/{unit}/history", "/api/units/b-2/history?resolution=all", 422),
            (
                "/api/units/{unit}/summary",
                "/api/units/b-2/summary?from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z&period=1d"
                    + "&above=55,65&min_coverage=0", 200
            ),
            ("/api/units/{unit}/summary", "/api/units/b-2/summary?from=0&to=1000&period=year", 422),
            ("/api/units/{unit}/intervals", "/api/units/b-2/intervals", 200),
            ("/api/units/{unit}/intervals", "/api/units/b-2/intervals?limit=0", 422),
            ("/api/units/{unit}/stream", "/api/units/b-2/stream", 426),
            ("/projects/{project}/portal-links", "/projects/p1/portal-links", 200),
            ("/api/clients", "/api/clients", 200), ("/api/projects", "/api/projects", 200),
            ("/api/clients/{client}", "/api/clients/alpha", 200),
            ("/api/projects/{project}", "/api/projects/p1", 200),
            ("/api/locations/{location}", "/api/locations/gate", 200),
            ("/api/locations/{location}", "/api/locations/none", 404),
            ("/api/locations", "/api/locations", 200),
            ("/api/assignments", "/api/assignments", 200),
            ("/api/locations/{location}/rules", "/api/locations/gate/rules", 200),
            ("/api/units/{unit}/rules", "/api/units/a/rules", 200),
            ("/api/rules/{rule}", "/api/rules/night", 200),
            ("/api/rules/{rule}", "/api/rules/none", 404),
            ("/api/events", "/api/events", 200), ("/api/events", "/api/events?limit=0", 422),
            ("/api/units/{unit}/events", "/api/units/a/events", 200),
            ("/api/events/{event}", "/api/events/1", 200),
            ("/api/events/{event}/replay", "/api/events/1/replay", 200),
            ("/api/events/{event}/replay", "/api/events/999/replay", 404),
            ("/api/recipients", "/api/recipients", 200),
            ("/api/operators", "/api/operators", 200), ("/api/tokens", "/api/tokens", 200),
            ("/api/audit", "/api/audit?limit=1", 200), ("/api/audit", "/api/audit?limit=0", 422),
            ("/api/notifications", "/api/notifications", 200),
            ("/api/notifications", "/api/notifications?status=lost", 422),
        ]
        var seen: Set<String> = []
        let schema = try await site().run { port async throws in
            let schema = try Schema(try await port.get("/openapi.json").body)
            for (path, target, status) in cases {
                let answer = try await port.get(target)
                #expect(answer.status == status, Comment(rawValue: target))
                let type = try #require(answer["content-type"])
                if status == 200 { seen.insert(path) }
                guard let described = schema.answer(path, "get", status, type) else {
                    #expect(path == "/openapi.json", "\(path) \(status) \(type) is not described")
                    continue
                }
                #expect(schema.faults(answer.body, described) == [], Comment(rawValue: target))
            }
            let body = #"{"rate":"full","ln1_percent":5}"#
            let put = try await port.request(
                "PUT", "/api/units/b-2",
                fields: [Port.bearer, "Content-Type: application/json"], body: body)
            let described = try #require(
                schema.answer("/api/units/{unit}", "put", put.status, "application/json"))
            #expect(schema.faults(put.body, described) == [])
            let change = try #require(schema.resolve("#/components/schemas/UnitChange"))
            #expect(schema.faults(body, change) == [])
            #expect(schema.faults(#"{"colour":1}"#, change) != [])
            let least = #"{"name":"N","threshold_db":65,"averaging":null}"#
            let wanted = try #require(schema.resolve("#/components/schemas/RuleChange"))
            #expect(schema.faults(least, wanted) == [])
            for (method, path, target, body) in [
                ("post", "/api/clients", "/api/clients", #"{"name":"C"}"#),
                ("put", "/api/clients/{client}", "/api/clients/c", #"{"name":"D"}"#),
                (
                    "post", "/api/projects", "/api/projects",
                    #"{"name":"P","client":"c","time_zone":"UTC"}"#
                ),
                ("put", "/api/projects/{project}", "/api/projects/p", #"{"name":"Q"}"#),
                ("post", "/api/locations", "/api/locations", #"{"name":"L","project":"p"}"#),
                ("put", "/api/locations/{location}", "/api/locations/l", #"{"name":"M"}"#),
                (
                    "post", "/api/assignments", "/api/assignments",
                    #"{"location":"l","unit":"b-2","from":"2026-11-01T00:00:00Z"}"#
                ),
                (
                    "put", "/api/assignments/{location}/{from}",
                    "/api/assignments/l/2026-11-01T00:00:00Z", #"{"to":"2026-11-02T00:00:00Z"}"#
                ),
                ("post", "/api/locations/{location}/rules", "/api/locations/gate/rules", least),
                (
                    "post", "/api/locations/{location}/rules/preview",
                    "/api/locations/gate/rules/preview?days=7", least
                ),
                (
                    "post", "/api/units/{unit}/rules/preview", "/api/units/b-2/rules/preview", least
                ),
                ("post", "/api/units/{unit}/rules", "/api/units/b-2/rules", least),
                ("put", "/api/rules/{rule}", "/api/rules/night", #"{"name":"M"}"#),
                ("post", "/api/operators", "/api/operators", #"{"name":"ada","role":"admin"}"#),
                ("put", "/api/operators/{operator}", "/api/operators/1", #"{"password":null}"#),
                ("post", "/api/tokens", "/api/tokens", #"{"name":"ci","scope":"viewer"}"#),
                ("post", "/api/events/{event}/ack", "/api/events/1/ack", "{}"),
                ("post", "/api/events/{event}/comments", "/api/events/1/comments", #"{"note":"a"}"#),
            ] {
                let answer = try await port.request(
                    method.uppercased(), target,
                    fields: [Port.bearer, "Content-Type: application/json"], body: body)
                let described = try #require(
                    schema.answer(path, method, answer.status, "application/json"))
                #expect(schema.faults(answer.body, described) == [], Comment(rawValue: target))
            }
            let imported = try await port.post(
                "/api/import?unit=a", type: "text/csv", Array("t,lp\n1790000000000,50\n,\n".utf8))
            let report = try #require(
                schema.answer("/api/import", "post", imported.status, "application/json"))
            #expect(schema.faults(imported.body, report) == [])
            let deleted = try await port.request(
                "DELETE", "/api/units/a/history?from=1790000000000&to=1790000001000")
            let deletion = try #require(
                schema.answer(
                    "/api/units/{unit}/history", "delete", deleted.status, "application/json"))
            #expect(schema.faults(deleted.body, deletion) == [])
            return schema
        }
        // None is left out above.
        let json = schema.paths.filter { path, item in
            let responses = (item["get"] as? [String: Any])?["responses"] as? [String: Any]
            let content = (responses?["200"] as? [String: Any])?["content"] as? [String: Any]
            return content?["application/json"] != nil
        }
        #expect(Set(json.keys) == seen)
    }
}
