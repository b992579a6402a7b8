//  KillTests.swift · EndToEndTests
//
//  The promise of the store, kept by the real program: what `/history` has answered survives
//  `kill -9`, once and unaltered.

import Monitoring
import Foundation
import Support
import Testing

@Suite struct `A service that is killed` {
    /// A reader, 50 kills, a third of them while it starts. `EARSHOT_KILLS`, `EARSHOT_KILL_UNITS`
    /// and `EARSHOT_KILL_SEED` ask for others; `benchmarks/crash.py` does the same at length.
    @Test func `never loses, doubles or alters what it has answered`() async throws {
        let kills = Self.setting("EARSHOT_KILLS") ?? 50
        let units = Self.setting("EARSHOT_KILL_UNITS") ?? 3
        let seed = UInt64(Self.setting("EARSHOT_KILL_SEED") ?? 20_261_123)
        var random = SplitMix64(seed: seed)
        // A day that is over, so that segments are merged too.
        let start = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 - 172_800) * 1000)
        let simulator = try Program([
            "simulate", "--listen", "127.0.0.1:0", "--units", "\(units)", "--exact-cadence",
            "--speed", "50", "--start", start.description,
        ])
        let upstream = try #require(await simulator.ready("upstream"))
        let folder = TemporaryFolder()
        let token = try await folder.token()
        let arguments = [
            "serve", "--data", folder.path, "--upstream", upstream, "--poll-interval", "20ms",
            "--commit-interval", "20ms", "--operator-listen", "127.0.0.1:0",
            "--portal-listen", "127.0.0.1:0",
        ]
        var reader = Reader(units: (1...units).map { "NL43-000\($0)" })
        for kill in 0..<kills {
            let service = try Program(arguments)
            if kill % 3 == 2 {
                await pass(microseconds: .random(in: 0...150_000, using: &random))
            } else {
                let url = try #require(await service.ready("operator"), "kill \(kill)")
                let client = Client(url: url, token: token)
                try await reader.readAll(client)
                // Until enough is new, however fast the machine: there must be something to lose.
                let wanted = reader.answered.count + units * Int.random(in: 5...12, using: &random)
                try await eventually {
                    try await reader.readNewest(client)
                    return reader.answered.count >= wanted
                }
                await pass(microseconds: .random(in: 0...30_000, using: &random))
            }
            _ = await service.end(SIGKILL)
            try #require(reader.complaints == [], "seed \(seed), kill \(kill)")
        }
        let service = try Program(arguments)
        let url = try #require(await service.ready("operator"))
        let client = Client(url: url, token: token)
        try await reader.readAll(client)
        #expect(reader.complaints == [])
        let enough = 3 * kills * units
        #expect(reader.answered.count > enough, "too little was answered to prove anything")
        #expect(await service.end(SIGTERM) == 0)
        _ = await simulator.end(SIGTERM)
        print("\(kills) kills, seed \(seed): \(reader.answered.count) frames answered, none lost")
    }

    private static func setting(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }

    /// Lets a random moment pass: where a kill falls is a matter of time, not of any condition.
    private func pass(microseconds: Int) async {
        let end = ContinuousClock.now.advanced(by: .microseconds(microseconds))
        while ContinuousClock.now < end { await Task.yield() }
    }
}

/// A client that remembers every frame it was answered.
private struct Reader {
    struct Key: Hashable {
        let unit: String
        let time: Int64
    }

    /// At most nine.
    let units: [String]

    var answered: [Key: [String]] = [:]
    var complaints: [String] = []
    private var newest: [String: Int64] = [:]

    init(units: [String]) { self.units = units }

    mutating func readAll(_ client: Client) async throws {
        for unit in units {
            let frames = try await read(unit, from: 0, client)
            for (key, _) in answered where key.unit == unit && frames[key.time] == nil {
                complaints.append("\(unit): the frame of \(key.time) is gone")
            }
        }
    }

    mutating func readNewest(_ client: Client) async throws {
        for unit in units { _ = try await read(unit, from: newest[unit] ?? 0, client) }
    }

    private mutating func read(
        _ unit: String, from: Int64, _ client: Client
    ) async throws -> [Int64: [String]] {
        let path = "/api/units/\(unit)/history?resolution=raw&limit=100000&from=\(from)&to=4102444800000"
        let (status, body) = try await client.get(path)
        guard status == 200, let times = body["t"] as? [NSNumber] else {
            // Before the first roster the unit is not known yet.
            if status != 404 { complaints.append("\(unit): status \(status)") }
            return [:]
        }
        let columns = ["lp", "leq", "lmax", "lmin", "lpeak", "ln1", "ln2", "state", "origin"].map {
            body[$0] as? [Any] ?? []
        }
        var frames: [Int64: [String]] = [:]
        for (index, time) in times.map(\.int64Value).enumerated() {
            let values = columns.map { "\($0[index])" }
            if frames.updateValue(values, forKey: time) != nil {
                complaints.append("\(unit): the frame of \(time) is doubled")
            }
            let before = answered.updateValue(values, forKey: Key(unit: unit, time: time))
            if let before, before != values {
                complaints.append("\(unit): the frame of \(time) was \(before), is \(values)")
            }
            newest[unit] = max(newest[unit] ?? time, time)
        }
        return frames
    }
}
