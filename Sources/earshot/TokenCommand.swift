//  TokenCommand.swift · earshot

import ArgumentParser
import Monitoring
import Store

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "API tokens for scripts and sign-in.",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token and prints it once.",
            discussion: """
                Works on an empty data folder, and beside a running service. The token is the last \
                word on standard output; only its hash is kept.

                Example:
                  token=$(earshot token create --data DIR --name ci)
                  curl -H "Authorization: Bearer $token" localhost:8081/api/units
                """)

        @OptionGroup var data: DataOptions

        @Option(help: "What the token is for.")
        var name: String

        @Option(help: "viewer, operator or admin.")
        var scope: AccessToken.Scope = .admin

        @Option(help: "How long it is valid, for example 90d. Default: until revoked.")
        var expires: TimeSpan?

        func run() async throws {
            guard AccessToken.isName(name) else {
                throw Failure(
                    .usage,
                    "--name is \"\(name)\". Give 1 to 64 printable characters, not only digits, "
                        + "and none of them a blank at an end.")
            }
            guard expires?.milliseconds != 0 else {
                throw Failure(.usage, "--expires is 0. Give a length of time like 90d.")
            }
            let registry = try DataFolder(path: try data.folder()).openRegistry()
            let now = SystemClock().now
            let token = try await registry.makeToken(
                name: name, scope: scope, now: now,
                expires: expires.map { now.advanced(byMilliseconds: $0.milliseconds) }
            ).secret
            try await registry.record(
                .command("token create", "\(name), \(scope.rawValue)", at: now))
            Failure.say("Token \"\(name)\" with scope \(scope.rawValue); it is not shown again.")
            print(token)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the tokens, without their secrets, which nobody has.",
            discussion: """
                Example:
                  earshot token list --data DIR --json
                """)

        @OptionGroup var data: DataOptions

        @Flag(help: "Print JSON instead of a table.")
        var json = false

        func run() async throws {
            let registry = try DataFolder(path: try data.folder()).openRegistry()
            let now = SystemClock().now
            let records = try await registry.tokenRecords()
            guard !json else {
                let rows = records.map { TokenRow($0, at: now) }
                Output.line(try JSONLine.text(["tokens": rows]))
                return
            }
            var table = TextTable(["id", "name", "scope", "state", "created", "expires"])
            for row in records.map({ TokenRow($0, at: now) }) {
                table.add([
                    "\(row.id)", row.name, row.scope, row.state, row.created, row.expires ?? "never",
                ])
            }
            table.print()
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a token, and all sessions that were begun with it.",
            discussion: """
                Example:
                  earshot token revoke --data DIR ci
                """)

        @OptionGroup var data: DataOptions

        @Argument(help: "The token's id, or its name where only one has it.")
        var token: String

        func run() async throws {
            let registry = try DataFolder(path: try data.folder()).openRegistry()
            let named = try await registry.tokenRecords().filter {
                $0.revoked == nil && ($0.token.name == token || "\($0.token.id)" == token)
            }
            guard named.count < 2 else {
                let ids = named.map { "\($0.token.id)" }.joined(separator: ", ")
                throw Failure(
                    .usage, "\"\(token)\" could be any of the tokens \(ids). Give the id of one.")
            }
            guard let id = named.first?.token.id,
                try await registry.revokeToken(id, now: SystemClock().now)
            else {
                throw Failure(
                    .failed,
                    "There is no token \"\(token)\" to revoke. `earshot token list` tells those "
                        + "there are.")
            }
            try await registry.record(
                .command("token revoke", named[0].token.name, at: SystemClock().now))
            Failure.say("Token \"\(named[0].token.name)\", id \(id), is revoked.")
        }
    }
}

/// A token as a person or a script is told of it.
private struct TokenRow: Encodable {
    let id: Int64
    let name: String
    let scope: String
    /// `live`, `expired` or `revoked`.
    let state: String
    let created: String
    let expires: String?
    let revoked: String?

    init(_ record: TokenRecord, at now: Timestamp) {
        let token = record.token
        id = token.id
        name = token.name
        scope = token.scope.rawValue
        state = record.state(at: now)
        created = token.created.description
        expires = token.expires?.description
        revoked = record.revoked?.description
    }

    private enum CodingKeys: CodingKey { case id, name, scope, state, created, expires, revoked }

    /// As everywhere, no value is null.
    func encode(to encoder: any Encoder) throws {
        var row = encoder.container(keyedBy: CodingKeys.self)
        try row.encode(id, forKey: .id)
        try row.encode(name, forKey: .name)
        try row.encode(scope, forKey: .scope)
        try row.encode(state, forKey: .state)
        try row.encode(created, forKey: .created)
        try row.encode(expires, forKey: .expires)
        try row.encode(revoked, forKey: .revoked)
    }
}

extension AccessToken.Scope: ExpressibleByArgument {}
