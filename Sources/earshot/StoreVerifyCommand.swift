//  StoreVerifyCommand.swift · earshot

import ArgumentParser
import Monitoring
import Store

extension StoreCommand {
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reads every page and every record, and names what cannot be read.",
            discussion: """
                Changes nothing; works on an empty data folder, and beside a running service. Exit \
                code 0: all can be read. 1: something cannot, or is known to be missing.

                Examples:
                  earshot store verify --data /var/lib/earshot
                  earshot store verify --json | jq '.damage[]'
                """)

        @OptionGroup var data: DataOptions

        @Flag(help: "Print JSON instead of a table.")
        var json = false

        func run() throws {
            let folder = try StoreFolder(data)
            guard let check = try folder.reading({ path in
                let progress = ProgressLine("read")
                return try StoreCheck(folder: path) { progress.report($0, of: $1) }
            }) else {
                try tell(VerifyBody())
                return
            }
            try tell(VerifyBody(check), check.damage)
            guard check.damage.isEmpty else {
                throw Failure(
                    .failed,
                    check.damage.count == 1
                        ? "One part cannot be read." : "\(check.damage.count) parts cannot be read.")
            }
        }

        private func tell(_ body: VerifyBody, _ damage: [Damage] = []) throws {
            guard !json else {
                Output.line(try JSONLine.text(body))
                return
            }
            DamageRow.print(damage)
            Output.line(body.sentence)
        }
    }
}

/// What `store verify` found.
private struct VerifyBody: Encodable {
    /// `empty`, `good` or `damaged`.
    let status: String
    var segments = 0
    var frames = 0
    var bytes = 0
    var units = 0
    var damage: [DamageRow] = []
    /// Files in `quarantine/`.
    var setAside: [String] = []

    /// There is no store yet.
    init() { status = "empty" }

    init(_ check: StoreCheck) {
        status = check.damage.isEmpty ? "good" : "damaged"
        segments = check.segmentCount
        frames = check.frameCount
        bytes = check.byteCount
        units = check.newest.count
        damage = check.damage.map(DamageRow.init)
        setAside = check.setAside
    }

    var sentence: String {
        status == "empty"
            ? "There is no store yet."
            : "\(status): \(frames) frames of \(units) units in \(segments) segments and the log, "
                + "\(ByteCount(bytes: bytes).rounded) read."
    }
}

/// The store inside the data folder, for commands that only read.
struct StoreFolder {
    let data: String
    var store: String { data + "/store" }

    init(_ options: DataOptions) throws {
        data = try options.folder()
        if let disk = try? SystemDisk(reading: data), StoreRestore.isUnfinished(in: disk) {
            throw Failure(unfinished: data)
        }
    }

    /// - Returns: `nil` when there is no store.
    /// - Throws: ``Failure``.
    func reading<Result>(_ body: (_ path: String) throws -> Result) throws -> Result? {
        do {
            return try body(store)
        } catch let error as DiskError where error.kind == .notFound {
            return nil
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(opening: data, error)
        }
    }
}
