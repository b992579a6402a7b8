//  DoorTests.swift · ServeTests
//
//  How clients come in and leave.

import Monitoring
import Store
import Support
import Testing

@testable import Serve

@Suite(.timeLimit(.minutes(10))) struct `The clients' door` {
    private static let form = [
        "Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Site: same-origin",
    ]

    private func token(
        _ site: ClientSite, isOneTime: Bool = false, expires: Timestamp? = nil
    ) async throws -> (id: Int64, path: String) {
        let draft = PortalLinkDraft(
            client: "alpha", label: "L", expires: expires, isOneTime: isOneTime)
        let made = try #require(try await site.book.makeLink(draft, at: site.clock.now))
        return (made.link.id, "/portal/enter/\(made.token)")
    }

    private func cookie(_ answer: RawConnection.Answer) throws -> String {
        "Cookie: " + String(try #require(answer["set-cookie"]).prefix { $0 != ";" })
    }

    @Test func `opens by POST; a GET changes nothing`() async throws {
        let site = try await ClientSite.filled()
        let link = try await token(site)
        try await site.run { port async throws in
            for _ in 1...3 {
                let page = try await port.get(link.path, fields: [])
                #expect(page.status == 200 && page["set-cookie"] == nil)
                #expect(page["referrer-policy"] == "no-referrer" && page["cache-control"] == "no-store")
                #expect(!page.body.contains(link.path.split(separator: "/").last!))
            }
            #expect(try await site.book.links(of: "alpha")[0].useCount == 0)
            let entered = try await port.request("POST", link.path, fields: Self.form)
            #expect(entered.status == 303 && entered["location"] == "/portal")
            let field = try #require(entered["set-cookie"])
            #expect(field.hasSuffix("; Path=/; HttpOnly; SameSite=Lax"))
            let session = try cookie(entered)
            #expect(try await port.get("/portal/api/locations", fields: [session]).status == 200)
            #expect(try await site.book.links(of: "alpha")[0].useCount == 1)
            let left = try await port.request("POST", "/portal/logout", fields: Self.form + [session])
            #expect(left.status == 303 && left["location"] == "/portal/access")
            #expect(left["set-cookie"]?.contains("Max-Age=0") == true)
            #expect(try await port.get("/portal/api/locations", fields: [session]).status == 401)
        }
    }

    @Test func `is for https only when the public URL is`() async throws {
        var site = try await ClientSite.filled()
        site.configuration.publicURL = "https://levels.example.org"
        let link = try await token(site)
        try await site.run { port async throws in
            let entered = try await port.request("POST", link.path, fields: Self.form)
            let field = try #require(entered["set-cookie"])
            #expect(field.hasPrefix("__Host-earshot-portal=v1.k1.") && field.hasSuffix("; Secure"))
        }
    }

    @Test func `stays shut, in the same words`() async throws {
        let site = try await ClientSite.filled()
        let once = try await token(site, isOneTime: true)
        let revoked = try await token(site)
        _ = try await site.book.revoke(link: revoked.id, of: "alpha", at: site.clock.now)
        let expired = try await token(site, expires: site.clock.now.advanced(byMilliseconds: 1))
        site.clock.advance(by: .milliseconds(2))
        try await site.run { port async throws in
            #expect(try await port.request("POST", once.path, fields: Self.form).status == 303)
            var bodies: Set<String> = []
            for path in [
                once.path, revoked.path, expired.path, "/portal/enter/short",
                "/portal/enter/el_0000000000000000000000000000000000000000", "/portal/enter/%00%ff",
                "/portal/enter/" + String(repeating: "a", count: 5000),
            ] {
                for method in ["GET", "POST"] {
                    site.clock.advance(by: .seconds(60))
                    let answer = try await port.request(method, path, fields: Self.form)
                    #expect(answer.status == 401 && answer["set-cookie"] == nil, "\(method) \(path)")
                    bodies.insert(answer.body.replacing(answer["x-request-id"]!, with: ""))
                }
            }
            #expect(bodies.count == 1)
        }
    }

    @Test(arguments: [
        ("another site", ["Sec-Fetch-Site: cross-site", "Origin: https://evil.example"]),
        ("a sibling", ["Sec-Fetch-Site: same-site", "Origin: https://sibling.example"]),
        ("an old browser on another site", ["Origin: https://evil.example"]),
        ("a page without an origin", ["Origin: null"]),
    ])
    func `takes no form of others`(who: String, fields: [String]) async throws {
        let site = try await ClientSite.filled()
        let link = try await token(site)
        let session = try await site.cookie(of: "alpha")
        try await site.run { port async throws in
            #expect(try await port.request("POST", link.path, fields: fields).status == 403)
            #expect(
                try await port.request("POST", "/portal/logout", fields: fields + [session]).status == 403)
            #expect(try await port.get("/portal/api/locations", fields: [session]).status == 200)
        }
    }

    @Test func `opens ten times a minute for an address`() async throws {
        let site = try await ClientSite.filled()
        let link = try await token(site)
        try await site.run { port async throws in
            for _ in 1...10 {
                #expect(try await port.request("POST", link.path, fields: Self.form).status == 303)
            }
            let answer = try await port.request("POST", link.path, fields: Self.form)
            #expect(answer.status == 429 && answer["retry-after"] != nil)
            site.clock.advance(by: .seconds(61))
            #expect(try await port.request("POST", link.path, fields: Self.form).status == 303)
        }
    }
}
