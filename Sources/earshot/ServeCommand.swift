//  ServeCommand.swift · earshot

import ArgumentParser
import Monitoring

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs the service: reads upstreams, keeps history, serves pages and the API.",
        discussion: """
            Examples:
              earshot serve --data /var/lib/earshot --upstream http://slmm:8100
              earshot serve --data /var/lib/earshot          history and pages only

            Prints `ready operator=http://… portal=http://…` on standard output when it serves.
            """)

    @Option(help: "Base URL of an SLMM, as often as there are. [EARSHOT_UPSTREAMS, by commas]")
    var upstream: [String] = []

    @OptionGroup var data: DataOptions
    @OptionGroup var service: ServiceOptions
    @OptionGroup var log: LogOptions

    func run() async throws {
        let logger = try log.logger()
        let composition = try await Composition(
            folder: try DataFolder(path: try data.folder()), settings: try service.settings(),
            upstreams: try upstreams(), logger: logger)
        try await Program.run(composition.services, logger: logger)
    }

    private func upstreams() throws -> [Upstream] {
        let fromEnvironment = try Environment.value("EARSHOT_UPSTREAMS")?
            .split(separator: ",").map { String($0.trimmingPrefix(" ")) }
        let urls = upstream.isEmpty ? fromEnvironment ?? [] : upstream
        let upstreams = try urls.map(Upstream.init(flag:))
        if let double = Dictionary(grouping: upstreams, by: \.id).first(where: { $1.count > 1 }) {
            throw Failure(.usage, "--upstream \(double.key) is given twice. Give each once.")
        }
        return upstreams
    }
}

extension Upstream {
    /// The upstream at a URL that a person typed; its id is host and port.
    init(flag text: String) throws {
        let scheme = "http://"
        guard text.hasPrefix(scheme) else {
            throw Failure(
                .usage, "--upstream is \(text). Give a URL like http://slmm:8100.")
        }
        var authority = text.dropFirst(scheme.count)
        if authority.hasSuffix("/") { authority.removeLast() }
        guard !authority.isEmpty, !authority.contains(where: { "/?#@ ".contains($0) }) else {
            throw Failure(
                .usage,
                "--upstream is \(text). Give scheme, host and port only, like http://slmm:8100.")
        }
        let hasPort = authority.last != "]" && authority.contains(":")
        self.init(
            id: hasPort ? String(authority) : "\(authority):80", url: scheme + authority)
    }
}
