//  Benchmarks.swift · benchmarks
//
//  Runs the benchmarks: `benchmarks [--smoke] [--only NAME] [--json FILE]`.

import ArgumentParser
import Foundation

@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmarks", abstract: "Measures Earshot's own work.")

    @Flag(help: "Small sizes, one round: shows that everything still runs, measures nothing.")
    var smoke = false

    @Option(help: "Only benchmarks whose name contains this.")
    var only: String?

    @Option(help: "Also writes the results to this file.")
    var json: String?

    func run() async throws {
        var bench = Bench(smoke: smoke, only: only)
        try await PipelineBenchmarks.run(&bench)
        try await HistoryBenchmarks.run(&bench)
        try SegmentBenchmarks.run(&bench)
        try await CodecBenchmarks.run(&bench)
        try await RuleBenchmarks.run(&bench)
        if let json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(bench.results).write(to: URL(filePath: json))
        }
        print("\(bench.results.count) passed, 0 failed")
    }
}
