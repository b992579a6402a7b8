//  OperatorCommand.swift · earshot

import ArgumentParser
import Foundation
import Monitoring
import Store

struct OperatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operator", abstract: "People who sign in with a name and a password.",
        subcommands: [Add.self, List.self, Remove.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes an operator.",
            discussion: """
                Works on an empty data folder, and beside a running service. Without --password-file \
                a password is made; it is the last word on standard output, this once. The role \
                viewer reads, operator also works with events, rules and links, admin does everything.

                Examples:
                  earshot operator add ada --role admin --data DIR
                  earshot operator add ada --role admin --password-file - < password.txt
                """)

        @OptionGroup var data: DataOptions

        @Argument(help: "What they sign in with, 1 to 64 characters.")
        var name: String

        @Option(help: "viewer, operator or admin.")
        var role: AccessToken.Scope = .operator

        @Option(
            help: "File whose first line is the password, 12 to 256 characters; - is standard input.",
            completion: .file())
        var passwordFile: String?

        func run() async throws {
            guard AccessToken.isName(name) else {
                throw Failure(
                    .usage,
                    "The name is \"\(name)\". Give 1 to 64 printable characters, not only digits, "
                        + "and none of them a blank at an end.")
            }
            let given = try passwordFile.map(Self.password(in:))
            if let fault = given.flatMap(Operator.Password.fault) {
                throw Failure(.usage, "The password \(fault).")
            }
            let registry = try DataFolder(path: try data.folder()).openRegistry()
            let now = SystemClock().now
            let password: String?
            do {
                (_, password) = try await registry.addOperator(
                    name, role: role, password: given.map { .given($0) } ?? .made, at: now)
            } catch OperatorError.taken {
                throw Failure(.failed, "There is an operator called \"\(name)\" already.")
            } catch OperatorError.noHash {
                throw Failure(.failed, "The system has no randomness or no memory now.")
            }
            try await registry.record(.command("operator add", "\(name), \(role.rawValue)", at: now))
            guard let password else {
                return Failure.say("Operator \"\(name)\" with role \(role.rawValue).")
            }
            Failure.say(
                "Operator \"\(name)\" with role \(role.rawValue); the password is not shown again.")
            print(password)
        }

        /// The first line of a file, or of standard input.
        private static func password(in file: String) throws -> String {
            let handle = file == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: file)
            guard let handle, let bytes = try? handle.read(upToCount: 4096) else {
                throw Failure(.unavailable, "The file of the password, \(file), cannot be read.")
            }
            guard let text = String(data: bytes, encoding: .utf8) else {
                throw Failure(.usage, "The file of the password, \(file), is not UTF-8.")
            }
            let line = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).first
            return String(line ?? "")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the operators.",
            discussion: """
                Example:
                  earshot operator list --data DIR --json
                """)

        @OptionGroup var data: DataOptions

        @Flag(help: "Print JSON instead of a table.")
        var json = false

        func run() async throws {
            let registry = try DataFolder(path: try data.folder()).openRegistry()
            let rows = try await registry.operators().map(OperatorRow.init)
            guard !json else {
                Output.line(try JSONLine.text(["operators": rows]))
                return
            }
            var table = TextTable(["id", "name", "role", "created", "last sign-in"])
            for row in rows {
                table.add(["\(row.id)", row.name, row.role, row.created, row.lastSignIn ?? "never"])
            }
            table.print()
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends an operator, and all sessions of theirs at once.",
            discussion: """
                Example:
                  earshot operator remove ada --data DIR
                """)

        @OptionGroup var data: DataOptions

        @Argument(help: "The operator's name.")
        var name: String

        func run() async throws {
            let registry = try DataFolder(path: try data.folder()).openRegistry()
            let now = SystemClock().now
            let person = try await registry.operators().first {
                $0.name.lowercased() == name.lowercased()
            }
            do {
                guard let person else { throw OperatorError.unknown(0) }
                _ = try await registry.remove(operator: person.id, at: now)
                try await registry.record(.command("operator remove", person.name, at: now))
                Failure.say("Operator \"\(person.name)\" is removed.")
            } catch OperatorError.unknown {
                throw Failure(
                    .failed,
                    "There is no operator \"\(name)\". `earshot operator list` tells those there are.")
            } catch OperatorError.lastAdmin {
                throw Failure(
                    .failed,
                    "\"\(name)\" is the last admin. Make another first: "
                        + "earshot operator add NAME --role admin.")
            }
        }
    }
}

/// An operator as a person or a script is told of them.
private struct OperatorRow: Encodable {
    let id: Int64
    let name: String
    let role: String
    let created: String
    let lastSignIn: String?

    init(_ person: Operator) {
        id = person.id
        name = person.name
        role = person.role.rawValue
        created = person.created.description
        lastSignIn = person.lastSignIn?.description
    }

    /// Absent is `null`.
    func encode(to encoder: any Encoder) throws {
        var row = encoder.container(keyedBy: CodingKeys.self)
        try row.encode(id, forKey: .id)
        try row.encode(name, forKey: .name)
        try row.encode(role, forKey: .role)
        try row.encode(created, forKey: .created)
        try row.encode(lastSignIn, forKey: .lastSignIn)
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, role, created, lastSignIn
    }
}

extension AuditEntry {
    /// What was done at the machine itself.
    static func command(_ action: String, _ detail: String, at now: Timestamp) -> AuditEntry {
        AuditEntry(at: now, by: "command line", action: action, detail: detail)
    }
}
