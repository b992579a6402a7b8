//  TokenCommand.swift · earshot

import ArgumentParser
import Monitoring
import Store

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "API tokens for scripts and sign-in.",
        subcommands: [Create.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token and prints it once.",
            discussion: """
                Works on an empty data folder, and beside a running service. The token is the last \
                word on standard output; only its hash is kept.

                Example:
                  curl -H "Authorization: Bearer $(earshot token create --data DIR --name ci)" \\
                    http://127.0.0.1:8081/api/units
                """)

        @OptionGroup var data: DataOptions

        @Option(help: "What the token is for.")
        var name: String

        @Option(help: "viewer, operator or admin.")
        var scope: AccessToken.Scope = .admin

        @Option(help: "How long it is valid, for example 90d. Default: until revoked.")
        var expires: TimeSpan?

        func run() async throws {
            let registry = try DataFolder(path: try data.folder()).openRegistry()
            let now = SystemClock().now
            let token = try registry.createToken(
                name: name, scope: scope, now: now,
                expires: expires.map { now.advanced(byMilliseconds: $0.milliseconds) })
            Failure.say("Token \"\(name)\" with scope \(scope.rawValue); it is not shown again.")
            print(token)
        }
    }
}

extension AccessToken.Scope: ExpressibleByArgument {}
