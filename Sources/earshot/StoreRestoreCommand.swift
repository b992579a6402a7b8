//  StoreRestoreCommand.swift · earshot

import ArgumentParser
import Monitoring
import Store

extension StoreCommand {
    struct Restore: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a data folder from a backup, everything or nothing.",
            discussion: """
                Reads the whole backup first and compares checksums. The data folder must be empty \
                or missing. Run it as the user of the service.

                Example:
                  sudo -u earshot earshot store restore /mnt/backup/earshot --data /var/lib/earshot
                """)

        @Argument(help: "Folder of the backup.", completion: .directory)
        var folder: String

        @OptionGroup var data: DataOptions

        @Flag(help: "Print JSON instead of a sentence.")
        var json = false

        func run() throws {
            let path = try data.folder()
            guard let backup = try? SystemDisk(reading: folder) else {
                throw Failure(restoring: folder, to: path, RestoreFailure.noBackup)
            }
            let target: SystemDisk
            do {
                target = try SystemDisk(root: path)
            } catch {
                throw Failure(opening: path, error)
            }
            let report: StoreRestore.Report
            do {
                let progress = ProgressLine("checked and copied")
                report = try StoreRestore.run(from: backup, into: target) {
                    progress.report($0, of: $1)
                }
            } catch {
                throw Failure(restoring: folder, to: path, error)
            }
            let body = RestoreBody(report)
            Output.line(json ? try JSONLine.text(body) : body.sentence)
        }
    }
}

extension Failure {
    fileprivate init(restoring folder: String, to data: String, _ error: any Error) {
        switch error {
        case RestoreFailure.noBackup:
            self.init(
                .unavailable, "There is no backup in \(folder): BACKUP is missing. Give its folder.")
        case RestoreFailure.damagedList(let reason):
            self.init(
                .failed, "BACKUP in \(folder) is damaged: \(reason). Nothing was restored; "
                    + "use another backup.")
        case RestoreFailure.damaged(let paths):
            let told = paths.prefix(5).joined(separator: ", ")
            let more = paths.count > 5 ? " and \(paths.count - 5) more" : ""
            self.init(
                .failed,
                "Missing or not what was backed up: \(told)\(more). Nothing was restored; use another "
                    + "backup.")
        case RestoreFailure.folderInUse(let name):
            self.init(
                .usage,
                "The data folder \(data) is not empty: it has \(name). Give an empty or a new one.")
        case let newer as NewerFormat:
            self.init(
                .unavailable,
                "The backup was made by a later version of earshot: \(newer). Use that version.")
        default:
            self.init(.failed, "Nothing was restored: \(error).")
        }
    }
}

private struct RestoreBody: Encodable {
    /// When the backup was made.
    let made: String
    let files: Int
    let bytes: Int
    let registry: Bool
    let keys: Int

    init(_ report: StoreRestore.Report) {
        made = report.made.description
        files = report.files
        bytes = report.bytes
        registry = report.hasRegistry
        keys = report.keys
    }

    var sentence: String {
        "Restored the backup of \(made): \(files) files, \(ByteCount(bytes: bytes).rounded)."
            + (keys == 0 ? " It had no keys: all sign in anew." : "")
    }
}
