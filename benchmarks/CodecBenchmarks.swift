//  CodecBenchmarks.swift · benchmarks
//
//  The codec alone, in memory: one column of levels from its pages, checksum and zstd included.

import Foundation
import Monitoring
import Store

enum CodecBenchmarks {
    static func run(_ bench: inout Bench) async throws {
        guard bench.isWanted("codec/") else { return }
        let workload = try Workload.standard(smoke: bench.smoke)
        let lp = LevelPages(workload.columns.levels[Metric.lp.rawValue])
        let count = workload.columns.count
        try await bench.measure("codec/decode-lp", unit: "value", smoke: count, full: count * 10) {
            var checksum: UInt64 = 0
            for _ in 0..<max(1, $0 / count) { checksum = checksum &* 31 &+ (try lp.decode()) }
            return checksum
        }
        try await bench.measure("codec/encode-day", unit: "frame", smoke: count, full: count) { _ in
            UInt64(LevelPages.encodedBytes(workload.columns))
        }
    }
}
