//  Workload.swift · benchmarks
//
//  The canonical workload: 28-byte records as the workload generator writes them. Set S, one unit
//  for 30 days, is found by its hash; without it a figure does not count, and a seeded stand-in
//  of the same shape keeps the benchmark running.

import Foundation
import Monitoring

/// Frames of one unit to store and to ask for.
struct Workload {
    /// SHA-256 of set S, as `sha256sum` prints it.
    static let setS = "e398e5a8cba9f6405b7b5adf543ae13ab9d8159c4bee5b228b00b6c4d322e2a0"

    let name: String
    let columns: FrameColumns

    /// - Parameters:
    ///   - path: a file of records; nil for the stand-in.
    ///   - name: how results call it.
    init(path: String, name: String) throws {
        let data = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
        let count = data.count / 28
        var columns = FrameColumns()
        columns.reserve(count)
        let start = Timestamp(milliseconds: 0)
        data.withUnsafeBytes { bytes in
            var day = Int64.min
            var run = Run(start: start)
            for index in 0..<count {
                let at = index * 28
                let time = bytes.loadUnaligned(fromByteOffset: at, as: Int64.self)
                let state = bytes[at + 10]
                if (time + 500) / 86_400_000 != day {
                    day = (time + 500) / 86_400_000
                    run = Run(start: Timestamp(milliseconds: day * 86_400_000))
                }
                var tenths = SIMD8<Int16>(repeating: 0)
                for metric in 0..<7 {
                    tenths[metric] = bytes.loadUnaligned(
                        fromByteOffset: at + 12 + metric * 2, as: Int16.self)
                }
                var flags: FrameState = state == 0 ? [] : .measuring
                if state == 2 { flags.insert(.over) }
                columns.append(time: time, levels: tenths, state: flags.rawValue, run: run)
            }
        }
        self.columns = columns
        self.name = name
    }

    /// A stand-in: a random walk with cumulative metrics, a frame a second.
    init(seconds: Int) {
        var columns = FrameColumns()
        columns.reserve(seconds)
        var state: UInt64 = 1
        func random(_ bound: UInt64) -> Int16 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int16((state >> 33) % bound)
        }
        let start: Int64 = 1_788_220_800_000
        var lp: Int16 = 500
        var lmax: Int16 = 500
        for second in 0..<seconds {
            lp = min(900, max(350, lp + random(31) - 15))
            lmax = max(lmax, lp + 4)
            var tenths = SIMD8<Int16>(lp, 520, lmax, 350, lp + 130 + random(20), lmax - 20, 540, 0)
            tenths[7] = 0
            columns.append(
                time: start + Int64(second) * 1000 + Int64(random(21)) - 10, levels: tenths,
                state: FrameState.measuring.rawValue,
                run: Run(start: Timestamp(milliseconds: start)))
        }
        self.columns = columns
        name = "stand-in"
    }

    /// Set S when `.tools/workload/S.bin` is there (see README.md), else a stand-in.
    static func standard(smoke: Bool) throws -> Workload {
        let path = ".tools/workload/S.bin"
        if !smoke, FileManager.default.fileExists(atPath: path) {
            return try Workload(path: path, name: "S")
        }
        return Workload(seconds: smoke ? 20_000 : 2_592_000)
    }
}
