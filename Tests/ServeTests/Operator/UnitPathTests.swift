//  UnitPathTests.swift · ServeTests

import Monitoring
import Testing

@testable import Serve

@Suite(.timeLimit(.minutes(10))) struct `A unit that was adopted with its host` {
    private let site = Site()

    init() {
        site.directory.set([Unit(id: "a@10.0.0.2:81", upstream: "south", upstreamUnit: "a")])
    }

    @Test(arguments: ["a@10.0.0.2:81", "a%4010.0.0.2%3A81", "a%4010.0.0.2%3a81"])
    func `is found by its path, escaped or not`(segment: String) async throws {
        try await site.run { port async throws in
            let unit = try await port.get("/api/units/\(segment)")
            #expect(unit.status == 200)
            #expect(unit.body.contains(#""a@10.0.0.2:81""#))
            let stream = try await port.stream(segment)
            #expect(try await stream.readMessage().contains("waiting"))
        }
    }

    @Test(arguments: ["a%4", "a%4x", "a%", "a%2Fb", "a%40", "a%0A"])
    func `is not looked for under what cannot be an id`(segment: String) async throws {
        try await site.run { port async throws in
            #expect(try await port.get("/api/units/\(segment)").status == 400)
            do {
                _ = try await port.stream(segment)
                Issue.record("a stream was opened")
            } catch let refused as Port.Refused {
                #expect(refused.answer.status == 400)
            }
        }
    }
}
