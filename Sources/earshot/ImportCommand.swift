//  ImportCommand.swift · earshot

import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Brings frames of a file into a running service.",
        discussion: """
            CSV, NDJSON or the binary format of docs/api.md; what is stored already does no harm, so \
            a file may be sent again at will. Large files go in several requests, each of whole days \
            if possible; FILE.earshot-progress remembers how far it came, and the same command goes \
            on from there.

            Examples:
              export EARSHOT_TOKEN=$(earshot token create --data DIR --name import)
              earshot import levels.csv --unit NL43-0001
              earshot import levels.ndjson                 each line names its unit
              earshot import year.esframes --units 1:NL43-0001,2:NL43-0002
              zcat old.csv.gz | earshot import - --unit NL43-0001 --json

            Exit code 1 when rows were refused; the others are stored. docs/api.md tells the formats.
            """)

    @Argument(help: "The file; - is standard input.", completion: .file())
    var file: String

    @OptionGroup var service: ServiceAddressOptions

    @Option(help: "The unit of all rows that name none.")
    var unit: String?

    @Option(help: "Units by the numbers of binary records: 1:NL43-0001,2:NL43-0002.")
    var units: String?

    @Option(help: "csv, ndjson or binary. Default: by the file's name, else by how it begins.")
    var format: FrameFormat?

    @Flag(help: "Begin anew, whatever FILE.earshot-progress says.")
    var restart = false

    @Flag(help: "Print JSON instead of a table.")
    var json = false

    func run() async throws {
        let client = try service.client()
        let source = try FrameSource(file)
        let beginning = try source.read(1 << 16)
        let format = format ?? FrameFormat(name: file) ?? FrameFormat(beginning: beginning)
        try checkLength(of: source, beginning, format)
        var progress = ImportProgress(
            subject: .init(
                url: client.url, size: source.size ?? 0, changed: source.changed,
                format: format.rawValue, unit: unit, units: units))
        if source.isFile, !restart,
            let earlier = ImportProgress.read(for: file, progress.subject)
        {
            progress = earlier
            Failure.say(
                "Going on behind \(ProgressBar.grouped(progress.rows)) rows that were sent before; "
                    + "--restart begins anew.")
        }
        try await send(source, beginning, format, client, &progress)
        if source.isFile { ImportProgress.remove(for: file) }
        try report(progress.tally)
    }

    private func send(
        _ source: FrameSource, _ beginning: [UInt8], _ format: FrameFormat,
        _ client: ServiceClient, _ progress: inout ImportProgress
    ) async throws {
        let path = "/api/import" + ServiceClient.query([("unit", unit), ("units", units)])
        var bar = ProgressBar("importing")
        defer { bar.end() }
        let before = progress.rows
        var isNoted = true
        do {
            var cutter = try FileCutter(
                format, beginning: beginning, from: progress.offset, read: source.read)
            bar.show(source.size.map { _ in 0 }, frames: 0)
            while let part = try cutter.next() {
                let response = try await client.answer(
                    .POST, path: path, type: format.mediaType, body: ByteBuffer(bytes: part.body))
                let tally = try await ImportCommand.tally(response, client)
                progress.tally.add(tally, after: progress.rows)
                progress.rows += part.rowCount
                progress.offset = part.end
                if source.isFile, isNoted, part.end < source.size ?? 0 {
                    isNoted = progress.write(for: file)
                    if !isNoted {
                        bar.end()
                        Failure.say(
                            "\(ImportProgress.path(for: file)) cannot be written: if this is "
                                + "interrupted, the next import begins anew.")
                    }
                }
                bar.show(
                    source.size.map { Double(part.end) / Double(max(1, $0)) },
                    frames: progress.rows - before)
            }
        } catch let fault as FileCutter.Fault {
            bar.end()
            throw Failure(fault, in: source.name)
        }
    }

    private static func tally(
        _ response: HTTPClientResponse, _ client: ServiceClient
    ) async throws -> ImportTally {
        do {
            let bytes = try await response.body.collect(upTo: 8 << 20)
            return try JSONDecoder().decode(ImportTally.self, from: Data(bytes.readableBytesView))
        } catch let error as DecodingError {
            throw Failure(.failed, "The service answers what is no report of an import: \(error)")
        } catch {
            throw client.lost(error)
        }
    }

    /// A file that was cut off is seen before any of it is sent.
    private func checkLength(
        of source: FrameSource, _ beginning: [UInt8], _ format: FrameFormat
    ) throws {
        guard format == .binary, let size = source.size else { return }
        guard let count = FrameBatch.count(beginning) else {
            throw Failure(FileCutter.Fault.noHeader, in: source.name)
        }
        let found = size - FrameBatch.headerBytes
        guard found == Int(count) * FrameBatch.recordBytes else {
            let fault = FileCutter.Fault.wrongLength(
                announced: Int(count), found: found / FrameBatch.recordBytes)
            throw Failure(fault, in: source.name)
        }
    }

    private func report(_ tally: ImportTally) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            Output.line(String(decoding: try encoder.encode(tally), as: UTF8.self))
        } else {
            var table = TextTable(["accepted", "duplicates", "conflicts", "rejected"])
            table.add([
                "\(tally.accepted)", "\(tally.duplicates)", "\(tally.conflicts)",
                "\(tally.rejectedCount)",
            ])
            table.print()
            for rejection in tally.rejected.prefix(20) {
                Failure.say("row \(rejection.row): \(rejection.reason)")
            }
            let untold = tally.rejectedCount - min(20, tally.rejected.count)
            if untold > 0 { Failure.say("… and \(untold) more.") }
        }
        if tally.conflicts > 0 {
            Failure.say(
                "\(tally.conflicts) frames are stored with other values, which stay: the first "
                    + "write wins.")
        }
        guard tally.rejectedCount == 0 else {
            let rows = tally.rejectedCount == 1 ? "A row was" : "\(tally.rejectedCount) rows were"
            throw Failure(.failed, "\(rows) refused. Mend them and import the file again.")
        }
    }
}

extension Failure {
    fileprivate init(_ fault: FileCutter.Fault, in name: String) {
        switch fault {
        case .noHeader:
            self.init(
                .failed, "\(name) has no header. Give a file in one of the formats of docs/api.md.")
        case .longLine:
            self.init(.failed, "\(name) has a line without end. Is its --format right?")
        case .wrongLength(let announced, let found):
            self.init(
                .failed,
                "\(name) has \(found) records and announces \(announced): it was cut off. Get the "
                    + "whole file.")
        }
    }
}
