//  HistoryBenchmarks.swift · benchmarks
//
//  What a chart waits for, without HTTP: 200 different ranges, no cache keyed by query.

import Foundation
import Logging
import Monitoring
import Store

enum HistoryBenchmarks {
    static func run(_ bench: inout Bench) async throws {
        guard bench.isWanted("history/") else { return }
        let workload = try Workload.standard(smoke: bench.smoke)
        let unit = UnitID("NL43-0001")!
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try LevelStore(
            folder: folder.path, configuration: StoreConfiguration(),
            clock: FixedClock(now: Timestamp(milliseconds: workload.columns.times.last!)),
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        _ = try await store.importFrames([unit: workload.columns])
        let history = store.history
        let span = workload.columns.times.last! - workload.columns.times.first!
        for (name, share, step) in [
            ("history/1h-1s", 1.0 / 720, Int64(1000)), ("history/1d-1min", 1.0 / 30, 60_000),
            ("history/30d-30min", 29.0 / 30, 1_800_000),
        ] {
            let queries = bench.smoke ? 5 : 200
            var latencies: [Double] = []
            let cpu = Bench.cpuSeconds
            var checksum: UInt64 = 0
            for query in 0..<queries {
                let length = Int64(Double(span) * share)
                let slack = span - length
                let from = workload.columns.times[0] + slack * Int64(query) / Int64(queries)
                let range = TimeRange(
                    start: Timestamp(milliseconds: from),
                    end: Timestamp(milliseconds: from + length))!
                let first = from / step * step
                let edges = Array(stride(from: first, to: from + length + step, by: Int(step)))
                let began = Bench.wallSeconds
                let answer = try await history.buckets(
                    BucketQuestion(
                        unit: unit, range: range, edges: edges, metrics: [.lp, .lmax]))
                latencies.append(Bench.wallSeconds - began)
                checksum = checksum &* 31 &+ UInt64(answer.buckets.coveredTicks.reduce(0, +))
            }
            latencies.sort()
            bench.add(
                Bench.Result(
                    name: name, unit: "query", operations: queries,
                    wallSeconds: latencies.reduce(0, +), cpuSeconds: Bench.cpuSeconds - cpu,
                    checksum: checksum,
                    figures: [
                        "p50_ms": latencies[queries / 2] * 1000,
                        "p99_ms": latencies[queries * 99 / 100] * 1000,
                    ]))
        }
    }
}
