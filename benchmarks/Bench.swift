//  Bench.swift · benchmarks
//
//  Measuring: CPU beside wall time, the median of five rounds, a checksum that must not be 0.

import Foundation
import Glibc

/// Measures and prints.
struct Bench {
    struct Result: Codable {
        let name: String
        /// What one operation is.
        let unit: String
        let operations: Int
        let wallSeconds: Double
        let cpuSeconds: Double
        let checksum: UInt64
        /// Further figures, by name.
        let figures: [String: Double]
    }

    let smoke: Bool
    let only: String?
    private(set) var results: [Result] = []

    init(smoke: Bool, only: String?) {
        self.smoke = smoke
        self.only = only
        Bench.say("benchmark                        per op, wall    per op, cpu      operations  checksum")
    }

    func isWanted(_ name: String) -> Bool { only.map { name.contains($0) } ?? true }

    /// Measures `body`, which does `count` operations and answers a checksum of what it computed.
    ///
    /// - Parameters:
    ///   - name: `noun/verb`.
    ///   - unit: what one operation is: `frame`, `query`.
    ///   - sizes: operations in a smoke run and in a full one.
    mutating func measure(
        _ name: String, unit: String, smoke small: Int, full: Int,
        _ body: (Int) async throws -> UInt64
    ) async throws {
        guard isWanted(name) else { return }
        let count = smoke ? small : full
        var rounds: [(wall: Double, cpu: Double, checksum: UInt64)] = []
        for _ in 0..<(smoke ? 1 : 5) {
            let (wall, cpu) = (Bench.wallSeconds, Bench.cpuSeconds)
            let checksum = try await body(count)
            rounds.append((Bench.wallSeconds - wall, Bench.cpuSeconds - cpu, checksum))
        }
        let middle = rounds.sorted { $0.wall < $1.wall }[rounds.count / 2]
        add(
            Result(
                name: name, unit: unit, operations: count, wallSeconds: middle.wall,
                cpuSeconds: middle.cpu, checksum: middle.checksum, figures: [:]))
    }

    /// Adds a result that was measured by other means.
    mutating func add(_ result: Result) {
        guard result.checksum != 0 else {
            Bench.say("\(result.name): the checksum is 0, so nothing was computed.")
            exit(1)
        }
        results.append(result)
        let operations = Double(result.operations)
        var line = result.name.padding(toLength: 30, withPad: " ", startingAt: 0)
        line += Bench.time(result.wallSeconds / operations)
        line += Bench.time(result.cpuSeconds / operations)
        line += String(format: "%14d  %016llx", result.operations, result.checksum)
        for (name, value) in result.figures.sorted(by: { $0.key < $1.key }) {
            line += String(format: "  %@=%.4g", name, value)
        }
        Bench.say(line)
    }

    private static func time(_ seconds: Double) -> String {
        let (value, unit) =
            seconds < 1e-6 ? (seconds * 1e9, "ns") : seconds < 1e-3 ? (seconds * 1e6, "µs")
            : (seconds * 1e3, "ms")
        return String(format: "%12.2f ", value) + unit
    }

    static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    static var wallSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// CPU time of the whole process, all threads.
    static var cpuSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
