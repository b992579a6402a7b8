//  StoreCommand.swift · earshot
//
//  What can be done with a store beside serving it.

import ArgumentParser
import Monitoring
import Store

struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Checks, counts, merges, backs up and restores the store.",
        discussion: """
            `verify`, `stats` and `backup` work beside a running service.
            """,
        subcommands: [Verify.self, Stats.self, Compact.self, Backup.self, Restore.self])
}

/// What is missing, as a script is told of it.
struct DamageRow: Encodable {
    let file: String
    let kind: String
    let unit: String?
    let from: String?
    let to: String?
    let detail: String

    init(_ damage: Damage) {
        file = damage.file
        kind = damage.kind
        unit = damage.unit?.name
        from = damage.from?.description
        to = damage.to?.description
        detail = damage.detail
    }

    /// Damage for people.
    static func print(_ damage: [Damage]) {
        guard !damage.isEmpty else { return }
        var table = TextTable(["file", "kind", "unit", "from", "to", "detail"])
        for one in damage.map(DamageRow.init) {
            table.add([
                one.file, one.kind, one.unit ?? "–", one.from ?? "–", one.to ?? "–", one.detail,
            ])
        }
        table.print()
    }
}

/// How far long work has come, on standard error: a line that is written over on a terminal, else
/// one for each tenth.
final class ProgressLine {
    private let what: String
    private let isTerminal: Bool
    private var toldPercent = -1

    init(_ what: String, isTerminal: Bool = StandardError.isTerminal) {
        self.what = what
        self.isTerminal = isTerminal
    }

    func report(_ done: Int, of total: Int) {
        let percent = total > 0 ? Int(Double(done) / Double(total) * 100) : 100
        guard percent >= toldPercent + (isTerminal ? 1 : 10) else { return }
        toldPercent = percent
        let line = "\(what): \(percent) % of \(ByteCount(bytes: total).rounded)"
        if isTerminal {
            StandardError.write("\r\(line)\u{1B}[K" + (done >= total ? "\n" : ""))
        } else {
            StandardError.write(line + "\n")
        }
    }
}
