//  FaultyServiceTests.swift · SimulatorTests
//
//  Faults as they are met on real ports.

import Foundation
import Monitoring
import Testing

@testable import Simulator

/// Waits end with the time limit, which cancels the test.
@Suite(.timeLimit(.minutes(10))) struct `A simulator that goes wrong on its ports` {
    private let health = "/health"

    @Test func `serves several upstreams, each with its own units`() async throws {
        var configuration = SimulatorConfiguration(units: 5)
        configuration.upstreams = 2
        try await servePorts(configuration) { ports, _ in
            #expect(Set(ports.upstreams).count == 2)
            #expect(ports.control == nil)
            var names: [[String]] = []
            for port in ports.upstreams {
                let roster = try await RawClient(port: port).send("GET", "/api/nl43/roster").body
                names.append(
                    roster["devices"]?.elements?.compactMap { $0["unit_id"]?.string } ?? [])
            }
            #expect(
                names == [["NL43-0001", "NL43-0002", "NL43-0003"], ["NL43-0004", "NL43-0005"]])
            let stats = try await RawClient(port: ports.upstreams[1])
                .send("GET", "/_simulator/stats").body["upstreams"]?.elements ?? []
            #expect(stats.map { $0["requests"]?["roster"] } == [1, 1])
        }
    }

    @Test func `refuses while it is down, cuts who is there, and comes back on its port`() async throws
    {
        var configuration = SimulatorConfiguration(units: 2)
        configuration.upstreams = 2
        configuration.speed = 20
        configuration.control = ("127.0.0.1", 0)
        try await servePorts(configuration) { ports, service in
            let client = RawClient(port: ports.upstreams[0])
            let control = RawClient(port: try unwrap(ports.control))
            #expect(try await client.send("GET", health).status == 200)
            // More frames than will ever come: ends when the socket is cut.
            async let watching = client.frames("/api/nl43/NL43-0001/monitor", count: 1_000_000)
            while service.stats.upstreams[0].watchedMax == 0, !Task.isCancelled { await Task.yield() }
            let begun = try await control.send(
                "POST", "/_simulator/faults", #"{"kind":"down","target":"upstream/1"}"#)
            #expect(begun.status == 200)
            let frames = try await watching
            #expect(frames.count < 1_000_000)
            while (try? await client.send("GET", health)) != nil, !Task.isCancelled {}
            #expect(try await RawClient(port: ports.upstreams[1]).send("GET", health).status == 200)
            #expect(try await control.send("DELETE", "/_simulator/faults").status == 200)
            var answer: (status: Int, body: JSON)?
            while answer == nil, !Task.isCancelled { answer = try? await client.send("GET", health) }
            #expect(answer?.status == 200)
        }
    }

    @Test func `answers control calls while it stalls, and the others after it`() async throws {
        try await serve(SimulatorConfiguration()) { client, service in
            let begun = try await client.send(
                "POST", "/_simulator/faults", #"{"kind":"stalled","target":"upstream"}"#)
            #expect(begun.body["id"] == 1)
            // Begins with the next tick.
            while !service.isSilent, !Task.isCancelled { await Task.yield() }
            async let stalled = client.send("GET", health)
            while service.stats.upstreams[0].count(.other) == 0, !Task.isCancelled {
                await Task.yield()
            }
            let faults = try await client.send("GET", "/_simulator/faults").body["faults"]
            #expect(faults?.elements?.first?["state"] == "active")
            #expect(service.stats.upstreams[0].inFlightMax == 1)
            #expect(try await client.send("DELETE", "/_simulator/faults/1").status == 200)
            #expect(try await stalled.status == 200)
        }
    }

    @Test func `ends an answer in its middle`() async throws {
        var configuration = SimulatorConfiguration()
        configuration.faults = [Fault(.cut, of: .upstreams)]
        try await serve(configuration) { client, _ in
            let text = try await client.text("GET", "/api/nl43/roster")
            let parts = text.components(separatedBy: "\r\n\r\n")
            let length = parts[0].components(separatedBy: "\r\n").compactMap { line in
                line.lowercased().hasPrefix("content-length: ") ? Int(line.dropFirst(16)) : nil
            }
            #expect(parts[1].utf8.count == (length.first ?? 0) / 2)
            #expect(parts[1].hasPrefix("{\"status\""))
        }
    }

    @Test func `shows its own clock in the Date of its answers`() async throws {
        var configuration = SimulatorConfiguration()
        configuration.faults = [Fault(.clockAhead, of: .upstreams, seconds: 86_400 * 365)]
        configuration.start = SystemClock().now
        try await serve(configuration) { client, service in
            while service.elapsed == .zero, !Task.isCancelled { await Task.yield() }
            let text = try await client.text("GET", health)
            let year = SystemClock().now.advanced(byMilliseconds: 365 * 86_400_000)
                .description.prefix(4)
            #expect(text.contains(" \(year) "))
        }
    }
}
