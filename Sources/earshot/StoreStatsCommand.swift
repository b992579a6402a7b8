//  StoreStatsCommand.swift · earshot

import ArgumentParser
import Monitoring
import Store

extension StoreCommand {
    struct Stats: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tells how much is stored, of what age and in how many bytes.",
            discussion: """
                Changes nothing; works beside a running service.

                Examples:
                  earshot store stats --data /var/lib/earshot
                  earshot store stats --json | jq .bytes_per_frame
                """)

        @OptionGroup var data: DataOptions

        @Flag(help: "Print JSON instead of a table.")
        var json = false

        func run() throws {
            let report = try StoreFolder(data).reading { try StoreStatisticsReport(folder: $0) }
            guard !json else {
                Output.line(try JSONLine.text(StatsBody(report)))
                return
            }
            guard let report else {
                Output.line("There is no store yet.")
                return
            }
            StatsBody.print(report)
        }
    }
}

private struct StatsBody: Encodable {
    struct Level: Encodable {
        let level: UInt8
        let segments: Int
        let frames: Int
        let bytes: Int
    }

    struct Log: Encodable {
        var files = 0
        var frames = 0
        var bytes = 0
    }

    var frames = 0
    var units = 0
    var days = 0
    var bytes = 0
    var bytesPerFrame: Double?
    var oldest: String?
    var newest: String?
    var levels: [Level] = []
    var log = Log()
    /// Segments that cannot be used.
    var unusable = 0

    init(_ report: StoreStatisticsReport?) {
        guard let report else { return }
        frames = report.frames
        units = report.units
        days = report.days
        bytes = report.bytes
        bytesPerFrame = report.bytesPerFrame.map { ($0 * 1000).rounded() / 1000 }
        oldest = report.oldest?.description
        newest = report.newest?.description
        levels = report.levels.sorted { $0.key < $1.key }.map {
            Level(
                level: $0.key, segments: $0.value.segments, frames: $0.value.frames,
                bytes: $0.value.bytes)
        }
        log = Log(files: report.log.files, frames: report.log.frames, bytes: report.log.bytes)
        unusable = report.unusable
    }

    static func print(_ report: StoreStatisticsReport) {
        let body = StatsBody(report)
        var table = TextTable(["", "files", "frames", "size", "bytes a frame"])
        for level in body.levels {
            table.add([
                "level \(level.level)", "\(level.segments)", "\(level.frames)",
                ByteCount(bytes: level.bytes).rounded, perFrame(level.bytes, level.frames),
            ])
        }
        table.add([
            "log", "\(body.log.files)", "\(body.log.frames)",
            ByteCount(bytes: body.log.bytes).rounded, "–",
        ])
        table.print()
        Output.line(
            "\(body.frames) frames of \(body.units) units on \(body.days) days, "
                + "\(ByteCount(bytes: body.bytes).rounded)"
                + (body.oldest.map { ", from \($0) to \(body.newest ?? $0)" } ?? "") + ".")
        if body.unusable > 0 {
            Output.line("\(body.unusable) segments cannot be used: earshot store verify.")
        }
    }

    private static func perFrame(_ bytes: Int, _ frames: Int) -> String {
        guard frames > 0 else { return "–" }
        let hundredths = (bytes * 100 + frames / 2) / frames
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
