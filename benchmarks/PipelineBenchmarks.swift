//  PipelineBenchmarks.swift · benchmarks
//
//  The live path in process: scrub → pipeline → store, durable.

import Foundation
import Logging
import Monitoring
import Pipeline
import Store

enum PipelineBenchmarks {
    static func run(_ bench: inout Bench) async throws {
        let workload = try Workload.standard(smoke: bench.smoke)
        let unit = UnitID("NL43-0001")!
        let all = (0..<min(workload.columns.count, bench.smoke ? 5_000 : 1_000_000)).map {
            workload.columns.frame(at: $0, of: unit)
        }
        try await bench.measure("pipeline/store", unit: "frame", smoke: 5_000, full: 1_000_000) { count in
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let clock = FixedClock(now: all[count - 1].time)
            let store = try LevelStore(
                folder: folder.path, configuration: StoreConfiguration(), clock: clock,
                logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
            let hub = LiveHub()
            let pipeline = FramePipeline(
                store: store, hub: hub, watermarks: [], clock: clock,
                logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
            let keeping = Task { try await store.run() }
            let running = Task { try await pipeline.run() }
            for start in stride(from: 0, to: count, by: 1000) {
                await pipeline.take(all[start..<min(count, start + 1000)].map { .frame($0) })
            }
            pipeline.drain()
            try await running.value
            try await store.flush()
            keeping.cancel()
            try await keeping.value
            let range = TimeRange(
                start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: .max / 4))!
            let stored = try await store.history.frames(of: unit, in: range, limit: .max).columns
            guard stored.count == count else { return 0 }
            return stored.levels[0].reduce(UInt64(count)) { $0 &* 31 &+ UInt64(bitPattern: Int64($1)) }
        }
    }
}

/// A clock that stands still.
struct FixedClock: WallClock {
    let now: Timestamp
}

/// A folder that is gone after the benchmark.
struct TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory
            .appending(path: "earshot-bench-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
