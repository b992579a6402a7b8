//  DoctorCommand.swift · earshot

import ArgumentParser
import Foundation

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Looks for what is wrong with machine, data folder and upstreams.",
        discussion: """
            Takes the flags of `serve`, changes nothing and touches no meter; works beside a \
            running service. Says for each thing found what to do. Exit code 0: nothing is wrong. \
            1: something is.

            Examples:
              earshot doctor
              sudo -u earshot earshot doctor --json
            """)

    @OptionGroup var options: AllOptions

    @Flag(help: "As one JSON object.")
    var json = false

    func run() async throws {
        let facts = try await MachineProbe(settings: options.settings()).look()
        let findings = Diagnosis.findings(facts)
        print(json ? try DoctorCommand.json(findings) : DoctorCommand.text(findings))
        let faults = findings.filter { $0.severity == .fault }.count
        guard faults == 0 else {
            throw Failure(.failed, faults == 1 ? "One thing is wrong." : "\(faults) things are wrong.")
        }
    }

    static func text(_ findings: [Finding]) -> String {
        findings.map { finding in
            let head = finding.severity.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0)
            let remedy = finding.remedy.map { "\n         → \($0)" } ?? ""
            return head + "\(finding.check): \(finding.sentence)\(remedy)"
        }.joined(separator: "\n")
    }

    static func json(_ findings: [Finding]) throws -> String {
        struct Body: Encodable {
            /// The worst severity.
            let status: Finding.Severity
            let findings: [Finding]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let body = Body(status: findings.map(\.severity).max() ?? .ok, findings: findings)
        return String(decoding: try encoder.encode(body), as: UTF8.self)
    }
}
