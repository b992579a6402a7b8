//  SessionTests.swift · ServeTests

import Foundation
import HTTPTypes
import Monitoring
import Support
import Testing

@testable import Serve

private let ring = KeyRing(keys: [
    .init(id: "old", secret: Array(repeating: 1, count: 32)),
    .init(id: "new", secret: Array(repeating: 2, count: 32)),
])
private let now = Timestamp("2026-11-23T16:00:00Z")

@Suite struct `A session cookie` {
    private let cookie = SessionCookie(keys: ring, isSecure: false)

    @Test func `names its token until it expires`() {
        let value = cookie.value(sessionID: 7, now: now)
        #expect(value.hasPrefix("v1.new.7."))
        #expect(cookie.sessionID(of: value, now: now) == 7)
        let last = now.advanced(byMilliseconds: 30 * 86_400_000 - 1)
        #expect(cookie.sessionID(of: value, now: last) == 7)
        #expect(cookie.sessionID(of: value, now: last.advanced(byMilliseconds: 1)) == nil)
    }

    @Test func `is good with an older key of the ring, and with no other`() {
        let older = SessionCookie(keys: KeyRing(keys: [ring.keys[0]]), isSecure: false)
        let value = older.value(sessionID: 7, now: now)
        #expect(cookie.sessionID(of: value, now: now) == 7)
        let other = KeyRing(keys: [.init(id: "new", secret: Array(repeating: 3, count: 32))])
        let theirs = SessionCookie(keys: other, isSecure: false).value(sessionID: 7, now: now)
        #expect(cookie.sessionID(of: theirs, now: now) == nil)
    }

    @Test func `does not survive any change of one character`() {
        let value = cookie.value(sessionID: 7, now: now)
        for index in value.indices {
            for replacement in ["0", "1", "a", "."] where value[index] != Character(replacement) {
                var changed = value
                changed.replaceSubrange(index...index, with: replacement)
                #expect(cookie.sessionID(of: changed, now: now) == nil)
            }
        }
    }

    @Test(arguments: ["", "v1", "....", "v1.new.7.9999999999.", "v2.new.7.9999999999.00"])
    func `must be one`(value: String) {
        #expect(cookie.sessionID(of: value, now: now) == nil)
    }

    @Test func `is found among others`() {
        let fields: HTTPFields = [.cookie: "a=b; earshot-operator=v1.x; c=d"]
        #expect(cookie.value(in: fields) == "v1.x")
        #expect(cookie.value(in: [.cookie: "not-earshot-operator=v1.x"]) == nil)
    }

    @Test func `is bound to https when the service is`() {
        let secure = SessionCookie(keys: ring, isSecure: true)
        #expect(
            secure.setting("x")
                == "__Host-earshot-operator=x; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax; Secure"
        )
        #expect(
            cookie.setting("x")
                == "earshot-operator=x; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax")
    }
}

@Suite struct `A key ring` {
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "earshot-keys-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try body(directory)
    }

    private func mode(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as! Int
    }

    @Test func `is made once, for its owner only`() throws {
        try withDirectory { directory throws in
            let first = try KeyRing(directory: directory)
            let second = try KeyRing(directory: directory)
            #expect(first.newest.secret.count == 32)
            #expect(first.newest.secret == second.newest.secret)
            #expect(try mode(directory) == 0o700)
            #expect(try mode(directory + "/sessions.keys") == 0o600)
        }
    }

    @Test func `differs from service to service`() throws {
        try withDirectory { one throws in
            try withDirectory { two throws in
                #expect(
                    try KeyRing(directory: one).newest.secret
                        != KeyRing(directory: two).newest.secret)
            }
        }
    }

    @Test(arguments: [
        "", "k1\n", "k1 00\n", "k1 \(String(repeating: "0", count: 62))\n",
        "k1 \(String(repeating: "g", count: 64))\n",
    ])
    func `refuses what is no key of 32 bytes`(contents: String) throws {
        try withDirectory { directory throws in
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: false)
            let path = directory + "/sessions.keys"
            try Data(contents.utf8).write(to: URL(filePath: path))
            #expect(throws: KeyRingError.self) { try KeyRing(directory: directory) }
            #expect(try Data(contentsOf: URL(filePath: path)) == Data(contents.utf8))
        }
    }
}

@Suite struct `An attempt limit` {
    @Test func `counts by address and minute`() {
        var limit = AttemptLimit(perMinute: 2)
        #expect(limit.attempt("a", at: now) == nil)
        #expect(limit.attempt("a", at: now.advanced(byMilliseconds: 10_000)) == nil)
        #expect(limit.attempt("a", at: now.advanced(byMilliseconds: 10_000)) == 50)
        #expect(limit.attempt("b", at: now.advanced(byMilliseconds: 10_000)) == nil)
        #expect(limit.attempt("a", at: now.advanced(byMilliseconds: 59_999)) == 1)
        #expect(limit.attempt("a", at: now.advanced(byMilliseconds: 60_000)) == nil)
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Signing in` {
    private static let form = "Content-Type: application/x-www-form-urlencoded"

    private func signIn(
        _ port: Port, _ body: String = "token=secret&next=%2Funits%2Fa", fields: [String] = []
    ) async throws -> RawConnection.Answer {
        try await port.request("POST", "/sign-in", fields: [`Signing in`.form] + fields, body: body)
    }

    private func cookie(_ answer: RawConnection.Answer) throws -> String {
        "Cookie: " + (try #require(answer["set-cookie"])).prefix { $0 != ";" }
    }

    @Test func `turns a token into a session that opens pages, API and streams`() async throws {
        let site = Site()
        try await site.run { port async throws in
            let answer = try await signIn(port)
            #expect(answer.status == 303)
            #expect(answer["location"] == "/units/a")
            let cookie = try cookie(answer)
            #expect(try await port.get("/units/a", fields: [cookie]).status == 200)
            #expect(try await port.get("/api/units", fields: [cookie]).status == 200)
            let stream = try await port.stream("a", fields: [cookie])
            try await stream.close()
        }
    }

    @Test func `ends with the token`() async throws {
        let site = Site()
        try await site.run { port async throws in
            let cookie = try cookie(try await signIn(port))
            site.tokens.revoke("secret")
            #expect(try await port.get("/api/units", fields: [cookie]).status == 401)
            #expect(try await port.get("/", fields: [cookie]).status == 303)
        }
    }

    @Test func `ends by time`() async throws {
        let site = Site()
        try await site.run { port async throws in
            let cookie = try cookie(try await signIn(port))
            site.clock.advance(by: .seconds(30 * 86_400))
            #expect(try await port.get("/api/units", fields: [cookie]).status == 401)
        }
    }

    @Test func `refuses a token that is not known`() async throws {
        try await Site().run { port async throws in
            let answer = try await signIn(port, "token=other")
            #expect(answer.status == 401)
            #expect(answer["set-cookie"] == nil)
            #expect(answer.body.contains("wrong"))
        }
    }

    @Test(arguments: [
        "%2F%2Fevil.example", "https%3A%2F%2Fevil.example", "%2F%5Cevil.example", "", "%2Fa%0D%0Ab",
    ])
    func `leads on to this service only`(next: String) async throws {
        try await Site().run { port async throws in
            #expect(try await signIn(port, "token=secret&next=\(next)")["location"] == "/")
        }
    }

    @Test(arguments: [
        (["Sec-Fetch-Site: cross-site"], 403), (["Sec-Fetch-Site: same-site"], 403),
        (["Origin: https://evil.example"], 403), (["Origin: null"], 403),
        (["Sec-Fetch-Site: same-origin"], 303),
    ])
    func `takes forms of its own page only`(fields: [String], status: Int) async throws {
        try await Site().run { port async throws in
            #expect(try await signIn(port, fields: fields).status == status)
            let own = "Origin: http://127.0.0.1:\(port.number)"
            #expect(try await signIn(port, fields: [own]).status == 303)
        }
    }

    @Test func `allows ten attempts in a minute`() async throws {
        let site = Site()
        try await site.run { port async throws in
            for _ in 0..<10 { #expect(try await signIn(port, "token=x").status == 401) }
            let answer = try await signIn(port)
            #expect(answer.status == 429)
            #expect(answer["retry-after"] == "60")
            site.clock.advance(by: .seconds(60))
            #expect(try await signIn(port).status == 303)
        }
    }

    @Test func `takes forms of a bounded size and of no other type`() async throws {
        try await Site().run { port async throws in
            let big = "token=" + String(repeating: "x", count: 70_000)
            #expect(try await signIn(port, big).status == 413)
            let json = try await port.request(
                "POST", "/sign-in", fields: ["Content-Type: application/json"], body: "{}")
            #expect(json.status == 415)
        }
    }

    @Test func `is undone by signing out`() async throws {
        try await Site().run { port async throws in
            let answer = try await port.request("POST", "/sign-out", fields: [])
            #expect(answer.status == 303)
            #expect(answer["set-cookie"]?.hasPrefix("earshot-operator=; Max-Age=0;") == true)
            #expect(try await port.get("/sign-out", fields: []).status == 404)
        }
    }
}
