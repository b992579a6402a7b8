//  Earshot.swift · earshot
//
//  The program: its commands, and how each way of failing becomes an exit code.

import ArgumentParser
import Glibc

@main
struct Earshot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "earshot",
        abstract: "Watches sound levels: reads meters, keeps their history, shows both.",
        discussion: """
            Examples:
              earshot demo                                 all of it, with simulated meters
              earshot serve --upstream http://slmm:8100    the service, for a real upstream
              earshot operator add ada --role admin        somebody who signs in
              earshot token create --data DIR --name ci    an API token for scripts
            """,
        subcommands: [
            ServeCommand.self, DemoCommand.self, SimulateCommand.self, ProvisionCommand.self,
            OperatorCommand.self, TokenCommand.self, StoreCommand.self, ImportCommand.self,
            ExportCommand.self, ReplayCommand.self, ConfigCommand.self, DoctorCommand.self,
            VersionCommand.self,
        ])

    static func main() async {
        // A viewer or an upstream that goes away while it is written to is no reason to end.
        signal(SIGPIPE, SIG_IGN)
        OpenFiles.raise()
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            Failure.say(failure.sentence)
            Glibc.exit(failure.code.rawValue)
        } catch {
            leave(after: error)
        }
    }

    private static func leave(after error: any Error) -> Never {
        let code = exitCode(for: error)
        let message = fullMessage(for: error)
        if code == .success {
            print(message)
            Glibc.exit(0)
        }
        Failure.say(message)
        Glibc.exit(code == .validationFailure ? Failure.Code.usage.rawValue : 1)
    }
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Prints the version.")

    /// Raised by hand with each release; `CHANGELOG.md` says what changed.
    static let version = "0.1.0"

    func run() { print("earshot \(Self.version)") }
}
