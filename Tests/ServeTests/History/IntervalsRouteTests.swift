//  IntervalsRouteTests.swift · ServeTests

import Foundation
import Monitoring
import Support
import Testing

@testable import Serve

@Suite(.timeLimit(.minutes(10))) struct `Meter intervals of a unit` {
    /// One an hour from 10:00 to 16:00, the last still open.
    private func site(damage: [Damage] = []) -> Site {
        var levels = Levels()
        levels[.leq] = Level(tenths: 571)
        levels[.lmax] = Level(tenths: 802)
        var site = Site()
        let ten = Timestamp("2026-11-23T10:00:00Z")
        site.history = FakeHistory(
            intervals: (0..<6 as Range<Int64>).map { hour in
                let start = ten.advanced(byMilliseconds: hour * 3_600_000)
                return MeterInterval(
                    start: start, to: start.advanced(byMilliseconds: 3_599_000), levels: levels,
                    isOpen: hour == 5)
            }, damage: damage)
        return site
    }

    @Test func `are given with what the meter came to`() async throws {
        try await site().run { port async throws in
            let answer = try await port.get(
                "/api/units/a/intervals?from=2026-11-23T14:30:00Z&to=2026-11-23T16:00:00Z")
            #expect(answer.status == 200)
            #expect(answer["content-type"] == "application/json")
            #expect(answer["etag"] != nil)
            func row(_ from: String, _ to: String, _ open: Bool) -> String {
                #"{"from":"2026-11-23T\#(from).000Z","to":"2026-11-23T\#(to).000Z","leq":57.1,"#
                    + #""lmax":80.2,"lmin":null,"lpeak":null,"ln1":null,"ln2":null,"open":\#(open)}"#
            }
            #expect(
                answer.body == #"{"unit":"a","complete_until":null,"intervals":["#
                    + row("14:00:00", "14:59:59", false) + ","
                    + row("15:00:00", "15:59:59", true) + "]}")
        }
    }

    @Test func `come in pages`() async throws {
        try await site().run { port async throws in
            var begins: [String] = []
            var cursor = ""
            var pages = 0
            repeat {
                let answer = try await port.get("/api/units/a/intervals?limit=4\(cursor)")
                let body =
                    try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
                    as! [String: Any]
                let rows = body["intervals"] as! [[String: Any]]
                begins += rows.map { String(($0["from"] as! String).dropFirst(11).prefix(2)) }
                pages += 1
                cursor = (body["next"] as? String).map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(pages == 2)
            #expect(begins == ["10", "11", "12", "13", "14", "15"])
        }
    }

    @Test func `say what is damaged`() async throws {
        let part = Damage(file: "s1", kind: "page", unit: "a", detail: "a page")
        try await site(damage: [part]).run { port async throws in
            let answer = try await port.get("/api/units/a/intervals")
            #expect(answer.body.contains(#""damage":[{"file":"s1","kind":"page","unit":"a""#))
        }
    }

    @Test(arguments: [
        ("limit=0", UInt(422)), ("limit=10001", 422), ("limit=x", 400), ("cursor=x", 400),
        ("from=2026-11-23T10:00:00Z&to=2026-11-23T09:00:00Z", 422),
    ])
    func `are refused for a question that makes no sense`(query: String, status: UInt) async throws {
        try await site().run { port async throws in
            let answer = try await port.get("/api/units/a/intervals?\(query)")
            #expect(answer.status == Int(status))
        }
    }

    @Test func `need a unit that is known, and credentials`() async throws {
        try await site().run { port async throws in
            #expect(try await port.get("/api/units/ghost/intervals").status == 404)
            #expect(try await port.get("/api/units/a/intervals", fields: []).status == 401)
        }
    }
}
