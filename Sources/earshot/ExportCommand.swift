//  ExportCommand.swift · earshot

import ArgumentParser
import AsyncHTTPClient
import Foundation
import Monitoring
import NIOCore
import NIOHTTP1

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes frames of a running service to a file.",
        discussion: """
            CSV and NDJSON hold all that is known of a frame, and earshot import brings it back; the \
            binary format is smaller, and lacks the starts of measurements. Frames come unit after \
            unit, oldest first.

            Examples:
              export EARSHOT_TOKEN=$(earshot token create --data DIR --name export --scope viewer)
              earshot export --output levels.csv
              earshot export --output levels.csv --resume       goes on where it was interrupted
              earshot export --unit NL43-0001 --from 2026-11-01T00:00:00Z --format ndjson | gzip
              earshot export --format binary --unit A --unit B --output ab.esframes
            """)

    @OptionGroup var service: ServiceAddressOptions

    @Option(help: "A unit; as often as there are. Default: all.")
    var unit: [String] = []

    @Option(help: "From when on; RFC 3339 or Unix milliseconds. Default: the beginning.")
    var from: String?

    @Option(help: "Until when, not included. Default: the end.")
    var to: String?

    @Option(help: "csv, ndjson or binary. Default: by the file's name, else csv.")
    var format: FrameFormat?

    @Option(help: "The file. Default: standard output.", completion: .file())
    var output: String?

    @Flag(help: "Go on behind the last whole row of the file.")
    var resume = false

    @Flag(help: "Print JSON instead of a table.")
    var json = false

    func run() async throws {
        let client = try service.client()
        let format = format ?? output.flatMap(FrameFormat.init(name:)) ?? .csv
        guard let output, output != "-" else {
            guard !resume, !json else {
                throw Failure(.usage, "--resume and --json need a file. Give --output FILE.")
            }
            return try await pass(format, client)
        }
        guard format != .binary || !resume || !unit.isEmpty else {
            throw Failure(.usage, "--resume of a binary file needs its units. Give each --unit.")
        }
        let units = try await units(client)
        guard format != .binary || units.count <= UInt16.max else {
            throw Failure(.usage, "A binary file has at most \(UInt16.max) units. Give --unit.")
        }
        let file = try ExportFile(output, format, units: units, resumes: resume)
        var bar = ProgressBar("exporting")
        defer { bar.end() }
        for (index, unit) in units.enumerated().dropFirst(file.firstUnit) {
            try await write(unit, index, of: units.count, to: file, client, &bar)
        }
        try file.finish()
        bar.end()
        try report(file, units)
        try await checkDamage(client, units)
    }

    private func path(_ format: FrameFormat, units: [String], from: String?) -> String {
        let pairs = units.map { ("unit", Optional($0)) }
        return "/api/export"
            + ServiceClient.query(
                pairs + [("from", from), ("to", to), ("format", format.rawValue)])
    }

    /// Everything in one request, straight to standard output.
    private func pass(_ format: FrameFormat, _ client: ServiceClient) async throws {
        let response = try await client.answer(path: path(format, units: unit, from: from))
        if let numbers = response.headers.first(name: "X-Unit-Numbers") {
            Failure.say("--units \(numbers)")
        }
        try await client.read(response) { bytes in
            guard Output.write(bytes.readableBytesView) else {
                throw Failure(
                    .failed,
                    "Standard output cannot be written: \(String(cString: strerror(errno))).")
            }
        }
        try await checkDamage(client, unit)
    }

    private func write(
        _ unit: String, _ index: Int, of count: Int, to file: ExportFile, _ client: ServiceClient,
        _ bar: inout ProgressBar
    ) async throws {
        let response = try await client.answer(
            path: path(file.format, units: [unit], from: file.start(of: index) ?? from))
        file.begin(unit: index)
        try await client.read(response) { bytes in
            try file.write(Array(bytes.readableBytesView))
            bar.show(Double(index) / Double(count), frames: file.newRows)
        }
        try file.endUnit()
    }

    private func units(_ client: ServiceClient) async throws -> [String] {
        struct Answer: Decodable {
            struct Unit: Decodable { let id: String }
            let units: [Unit]
        }
        guard unit.isEmpty else {
            var seen: Set<String> = []
            return unit.filter { seen.insert($0).inserted }
        }
        let response = try await client.answer(path: "/api/units")
        let bytes = try await response.body.collect(upTo: 256 << 20)
        return try JSONDecoder().decode(Answer.self, from: Data(bytes.readableBytesView))
            .units.map(\.id)
    }

    private func report(_ file: ExportFile, _ units: [String]) throws {
        let numbers = units.enumerated().map { "\($0.offset + 1):\($0.element)" }
            .joined(separator: ",")
        if json {
            struct Answer: Encodable {
                let file: String
                let format: String
                let frames: Int
                let newFrames: Int
                let units: [String]
            }
            Output.line(
                try JSONLine.text(
                    Answer(
                        file: file.name, format: file.format.rawValue, frames: file.rows,
                        newFrames: file.newRows, units: units)))
        } else {
            var table = TextTable(["file", "units", "frames", "new"])
            table.add([file.name, "\(units.count)", "\(file.rows)", "\(file.newRows)"])
            table.print()
            if file.format == .binary { Failure.say("--units \(numbers)") }
        }
    }

    /// Frames that the service cannot read are not in the file.
    private func checkDamage(_ client: ServiceClient, _ units: [String]) async throws {
        struct Answer: Decodable {
            struct Part: Decodable {
                let unit: String?
                let detail: String
            }
            let damage: [Part]
        }
        let response = try await client.answer(path: "/readyz", acceptsFailure: true)
        let bytes = try await response.body.collect(upTo: 64 << 20)
        let answer = try? JSONDecoder().decode(Answer.self, from: Data(bytes.readableBytesView))
        let parts = answer?.damage.filter {
            $0.unit.map { units.isEmpty || units.contains($0) } ?? true
        }
        guard let parts, !parts.isEmpty else { return }
        for part in parts.prefix(20) { Failure.say(part.detail) }
        throw Failure(
            .failed,
            "The store has \(parts.count) damaged parts: their frames may be missing. /readyz "
                + "names them.")
    }
}
