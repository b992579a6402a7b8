//  StoreBackupCommand.swift · earshot

import ArgumentParser
import Foundation
import Monitoring
import Store

extension StoreCommand {
    struct Backup: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copies registry and store to a folder; a second time only what is new.",
            discussion: """
                Works beside a running service. `sha256sum -c BACKUP` in the folder checks it, \
                `earshot store restore` takes it back. Without --with-keys all sign in anew after a \
                restore; nothing else is lost. Exit code 1: something could not be read and is not \
                in it; it is named. 75: another backup is being made there.

                Examples:
                  earshot store backup /mnt/backup/earshot --data /var/lib/earshot
                  earshot store backup /var/backups/earshot --link     one file system: no copies
                """)

        @Argument(help: "Folder of the backup; made when missing.", completion: .directory)
        var folder: String

        @OptionGroup var data: DataOptions

        @Flag(help: "Copy what signs sessions, too. Whoever can read it can sign in.")
        var withKeys = false

        @Flag(help: "Give segments a second name instead of copying them; one file system only.")
        var link = false

        @Flag(help: "Print JSON instead of a sentence.")
        var json = false

        func run() throws {
            let source = try StoreFolder(data)
            try BackupFolder.refuse(folder, inside: source.data)
            // Before a folder is made for a backup of nothing.
            guard try source.reading({ try SystemDisk(reading: $0) }) != nil else {
                throw Failure(backingUp: source.data, to: folder, BackupFailure.noStore)
            }
            let (target, lock) = try BackupFolder.open(folder)
            let now = SystemClock().now
            let report = try withExtendedLifetime(lock) { try copy(source, to: target, at: now) }
            if json {
                Output.line(try JSONLine.text(BackupBody(report, made: now)))
            } else {
                DamageRow.print(report.missing)
                Output.line(BackupBody(report, made: now).sentence)
            }
            guard report.missing.isEmpty else {
                throw Failure(.failed, "\(report.missing.count) segments are not in the backup.")
            }
        }

        private func copy(
            _ source: StoreFolder, to target: SystemDisk, at now: Timestamp
        ) throws -> StoreBackup.Report {
            let progress = ProgressLine("copied")
            do {
                return try StoreBackup.run(
                    of: try SystemDisk(reading: source.data),
                    store: try SystemDisk(reading: source.store), to: target, at: now,
                    withKeys: withKeys, isLinking: link,
                    registry: {
                        try SQLiteRegistry.copy(
                            source.data + "/registry.sqlite", to: target.root + "/" + $0)
                    },
                    progress: { progress.report($0, of: $1) })
            } catch {
                throw Failure(backingUp: source.data, to: folder, error)
            }
        }
    }
}

private enum BackupFolder {
    /// With its lock: two backups at once would take each other's files away.
    static func open(_ path: String) throws -> (SystemDisk, StoreLock) {
        do {
            let disk = try SystemDisk(root: path)
            return (disk, try StoreLock(path: path + "/LOCK"))
        } catch StoreLock.Failure.held(let process) {
            throw Failure(
                .tryAgain, "Process \(process) makes a backup in \(path). Wait until it has ended.")
        } catch StoreLock.Failure.disk(let cause) {
            throw unusable(path, "\(cause)")
        } catch {
            throw unusable(path, "\(error)")
        }
    }

    static func refuse(_ path: String, inside data: String) throws {
        func whole(_ path: String) -> String {
            URL(filePath: path).standardizedFileURL.resolvingSymlinksInPath().path() + "/"
        }
        guard !whole(path).hasPrefix(whole(data)) else {
            throw Failure(
                .usage,
                "\(path) is inside of the data folder. Give a folder elsewhere, best on another disk.")
        }
    }

    private static func unusable(_ path: String, _ reason: String) -> Failure {
        Failure(
            .unavailable,
            "The backup folder \(path) cannot be used: \(reason). Give one that this user can write.")
    }
}

extension Failure {
    fileprivate init(backingUp data: String, to folder: String, _ error: any Error) {
        switch error {
        case BackupFailure.noStore:
            self.init(
                .unavailable, "There is no store in \(data). Give the --data of the service.")
        case BackupFailure.noManifest:
            self.init(
                .failed,
                "The manifest of \(data)/store is missing or damaged. Start the service, which makes "
                    + "it anew, then try again.")
        case BackupFailure.restless:
            self.init(.tryAgain, "Segments came and went all the time. Try again.")
        case let error as DiskError where error.kind == .system(EXDEV):
            self.init(
                .usage, "\(folder) is on another file system. Leave --link out: files are copied.")
        case let error as DiskError where error.kind == .full:
            self.init(.failed, "There is no room in \(folder): \(error). Make room, and try again.")
        case is NewerFormat:
            self.init(opening: data, error)
        default:
            self.init(
                .failed,
                "The backup was not made: \(error). The one before in \(folder), if any, is whole.")
        }
    }
}

private struct BackupBody: Encodable {
    let made: String
    let segments: Int
    let bytes: Int
    let copiedFiles: Int
    let copiedBytes: Int
    let registry: Bool
    let keys: Int
    let missing: [DamageRow]

    init(_ report: StoreBackup.Report, made: Timestamp) {
        self.made = made.description
        segments = report.segments
        bytes = report.bytes
        copiedFiles = report.copiedFiles
        copiedBytes = report.copiedBytes
        registry = report.hasRegistry
        keys = report.keys
        missing = report.missing.map(DamageRow.init)
    }

    var sentence: String {
        "\(segments) segments, the log"
            + (registry ? ", the registry" : "") + (keys > 0 ? " and the keys" : "")
            + ": \(ByteCount(bytes: bytes).rounded), of which "
            + "\(ByteCount(bytes: copiedBytes).rounded) were new."
    }
}
