//  StoreCompactCommand.swift · earshot

import ArgumentParser
import Monitoring
import Store

extension StoreCommand {
    struct Compact: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seals the log and merges the segments of days that are over.",
            discussion: """
                A running service does this by itself, so it must be stopped: exit code 75 when the \
                data folder is in use.

                Examples:
                  earshot store compact --data /var/lib/earshot
                  earshot store compact --accept-loss    what is missing is named for a last time
                """)

        @OptionGroup var data: DataOptions

        @Flag(help: "Merge days that are not over, too.")
        var force = false

        @Flag(
            help: """
                Name what is missing for a last time: after that, history tells of a gap and no \
                more of damage. Files that were set aside stay in store/quarantine.
                """)
        var acceptLoss = false

        @Flag(help: "Print JSON instead of sentences.")
        var json = false

        func run() throws {
            let folder = try StoreFolder(data)
            guard
                let report = try folder.reading({ path in
                    try StoreMaintenance.compact(
                        folder: path, now: SystemClock().now, force: force,
                        acceptsLoss: acceptLoss)
                })
            else {
                throw Failure(
                    .unavailable,
                    "There is no store in \(folder.data). Give the --data of the service.")
            }
            guard !json else {
                Output.line(try JSONLine.text(CompactBody(report)))
                return
            }
            DamageRow.print(report.accepted)
            let before = report.before
            let after = report.after
            Output.line(
                "\(report.merged) segments merged; \(before.segmentCount) were there and "
                    + "\(after.segmentCount) are, \(ByteCount(bytes: before.bytes).rounded) became "
                    + "\(ByteCount(bytes: after.bytes).rounded).")
        }
    }
}

private struct CompactBody: Encodable {
    let merged: Int
    let segmentsBefore: Int
    let segmentsAfter: Int
    let bytesBefore: Int
    let bytesAfter: Int
    let accepted: [DamageRow]

    init(_ report: StoreMaintenance.Report) {
        merged = report.merged
        segmentsBefore = report.before.segmentCount
        segmentsAfter = report.after.segmentCount
        bytesBefore = report.before.bytes
        bytesAfter = report.after.bytes
        accepted = report.accepted.map(DamageRow.init)
    }
}

extension StoreStatisticsReport {
    fileprivate var segmentCount: Int { levels.values.reduce(0) { $0 + $1.segments } }
}
