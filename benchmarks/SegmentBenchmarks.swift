//  SegmentBenchmarks.swift · benchmarks
//
//  Bytes per settled frame: daily segments with index, everything lossless.

import Foundation
import Monitoring
import Store

enum SegmentBenchmarks {
    static func run(_ bench: inout Bench) throws {
        let name = "segment/bytes-per-frame"
        guard bench.isWanted(name) else { return }
        let workload = try Workload.standard(smoke: bench.smoke)
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let engine = try StoreEngine.open(
            disk: try SystemDisk(root: folder.path), randomBits: { UInt64.random(in: .min ... .max) })
        let (wall, cpu) = (Bench.wallSeconds, Bench.cpuSeconds)
        _ = try engine.importFrames([UnitID("NL43-0001")!: workload.columns])
        let (wallEnd, cpuEnd) = (Bench.wallSeconds, Bench.cpuSeconds)
        var bytes = 0
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path + "/seg") {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: folder.path + "/seg/" + file)
            bytes += attributes[.size] as! Int
        }
        bench.add(
            Bench.Result(
                name: name, unit: "frame", operations: workload.columns.count,
                wallSeconds: wallEnd - wall, cpuSeconds: cpuEnd - cpu, checksum: UInt64(bytes),
                figures: ["bytes_per_frame": Double(bytes) / Double(workload.columns.count)]))
    }
}
