//  ProvisionCommand.swift · earshot
//
//  A file of what shall be configured, applied as a whole or not at all.

import ArgumentParser
import Glibc
import Monitoring
import Provisioning
import Store

struct ProvisionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provision",
        abstract: "Configures units, sites, rules and links from a JSON file, everything or nothing.",
        discussion: """
            Works on an empty data folder and beside a running service, which takes the change up \
            within seconds. The same file again changes nothing; what a file leaves out stays.

            Examples:
              earshot provision --data DIR site.json
              earshot provision --data DIR --check site.json    only tells what is wrong
              earshot provision - < site.json

            docs/provision.md tells all keys.
            """)

    @Argument(help: "The file; - is standard input.")
    var file: String

    @OptionGroup var data: DataOptions

    @Flag(help: "Only check the file against what is configured.")
    var check = false

    @Flag(help: "Print JSON instead of a table.")
    var json = false

    func run() async throws {
        let bytes = try InputFile.bytes(of: file, atMost: ProvisionFile.bytesMaximum)
        let plan: ProvisionPlan
        let wanted: ProvisionFile
        do {
            wanted = try ProvisionFile(json: bytes)
            let registry = try DataFolder(path: try data.folder()).openRegistry()
            let secrets = LinkSecrets(
                now: SystemClock().now,
                fresh: try (0..<wanted.linkCountWithoutToken).map { _ in
                    try SQLiteRegistry.linkSecret()
                },
                sha256: { SQLiteRegistry.sha256(Array($0.utf8)) })
            plan = try await registry.configure { [check] roster, sites, links in
                let plan = try ProvisionPlan(
                    wanted, over: roster, sites, links: links, secrets: secrets)
                if !check { (roster, sites, links) = (plan.roster, plan.sites, plan.links) }
                return plan
            }
        } catch let problems as ProvisionProblems {
            throw Failure(refusing: file, problems)
        }
        if json { try printJSON(wanted, plan) } else { printTable(plan) }
    }

    /// Those that are there now: what was only checked made none.
    private func made(_ plan: ProvisionPlan) -> [MadeLinkRow] {
        check ? [] : plan.madeLinks.map(MadeLinkRow.init)
    }

    private func printJSON(_ wanted: ProvisionFile, _ plan: ProvisionPlan) throws {
        let counts = wanted.counts.map { "\"\($0.section)\":\($0.count)" }
        let made = made(plan)
        let links = made.isEmpty ? "" : ",\"made\":\(try JSONLine.text(made))"
        Output.line("{\(counts.joined(separator: ",")),\"changed\":\(plan.changedCount)\(links)}")
    }

    private func printTable(_ plan: ProvisionPlan) {
        var table = TextTable(["", "created", "changed", "unchanged"])
        for (section, tally) in plan.tallies {
            table.add([section, "\(tally.created)", "\(tally.changed)", "\(tally.unchanged)"])
        }
        table.print()
        for link in made(plan) { Output.line("link \(link.path) \(link.client) \(link.label)") }
        if check { Failure.say("Checked only; nothing was changed.") }
    }
}

extension Failure {
    fileprivate init(refusing file: String, _ problems: ProvisionProblems) {
        let name = file == "-" ? "The standard input" : file
        let count = problems.count == 1 ? "a problem" : "\(problems.count) problems"
        var lines = ["\(name) has \(count); nothing was changed."]
        lines += problems.sentences.map { "  " + $0 }
        let untold = problems.count - problems.sentences.count
        if untold > 0 { lines.append("  … and \(untold) more.") }
        self.init(.usage, lines.joined(separator: "\n"))
    }
}

/// A link that was made, for the one time that its secret is told.
private struct MadeLinkRow: Encodable {
    let client: String
    let label: String
    let token: String
    let path: String

    init(_ link: ProvisionPlan.MadeLink) {
        client = link.client
        label = link.label
        token = link.token
        path = "/portal/enter/\(link.token)"
    }
}

/// A file that a person names, or standard input.
enum InputFile {
    /// - Throws: ``Failure``: 69 when it cannot be read, 2 when it is larger than `limit` bytes.
    static func bytes(of name: String, atMost limit: Int) throws -> [UInt8] {
        let descriptor = name == "-" ? 0 : open(name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(name) }
        defer { if descriptor > 0 { close(descriptor) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw unreadable(name)
            }
            bytes += buffer[..<count]
            guard bytes.count <= limit else {
                throw Failure(
                    .usage,
                    "\(name) has more than \(limit >> 20) MiB. Give a smaller file, or several.")
            }
        }
    }

    private static func unreadable(_ name: String) -> Failure {
        Failure(
            .unavailable,
            "\(name) cannot be read: \(String(cString: strerror(errno))). Give a file that can.")
    }
}
