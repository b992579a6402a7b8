//  ServeCommand.swift · earshot

import ArgumentParser
import Logging
import Monitoring

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs the service: reads upstreams, keeps history, serves pages and the API.",
        discussion: """
            Examples:
              earshot serve --data /var/lib/earshot --upstream http://slmm:8100
              earshot serve --data /var/lib/earshot          history and pages only
              earshot serve --config /etc/earshot/earshot.json

            Prints `ready operator=http://… portal=http://…` when it serves. \
            `earshot config show` tells what is in force.
            """)

    @OptionGroup var options: AllOptions

    func run() async throws {
        let settings = try options.settings().checked()
        let service = try ServiceSettings(settings)
        let logger = Logger(settings)
        for remark in settings.remarks { logger.warning("\(remark)") }
        let supervisor = try Supervisor()
        let composition = try await Composition(
            folder: try DataFolder(path: try settings.dataFolder()), settings: service,
            upstreams: settings.upstreamURLs.compactMap(Upstream.init(typed:)), logger: logger,
            onReady: { operatorURL, _ in supervisor?.ready("serving \(operatorURL)") })
        try await Program.run(
            composition.services + [composition.heartbeat(for: supervisor)].compactMap { $0 },
            logger: logger)
    }
}
