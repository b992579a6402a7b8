//  StoreRestore.swift · Store
//
//  From a backup to a data folder, everything or nothing.
//
//      check all checksums ─▶ RESTORING ─▶ copy, checking again ─▶ sync ─▶ remove RESTORING
//
//  While the mark is there nothing opens the folder, and another restore begins anew.

package import Monitoring

/// Why nothing was restored.
package enum RestoreFailure: Error, Equatable, Sendable {
    case noBackup
    /// With what is wrong with its list.
    case damagedList(String)
    /// Files of the backup that are missing or not what they were.
    case damaged([String])
    /// With the name of something in it.
    case folderInUse(String)
}

package enum StoreRestore {
    /// The file that says that a folder is not whole yet.
    static let mark = "RESTORING"

    package struct Report: Equatable, Sendable {
        package let made: Timestamp
        package let files: Int
        package let bytes: Int
        package let hasRegistry: Bool
        package let keys: Int
    }

    private static let folders = ["store", "store/seg", "store/wal", "store/tmp", "store/quarantine"]

    /// Whether a restore into this data folder began and did not end.
    package static func isUnfinished(in folder: any Disk) -> Bool {
        (try? folder.list("").contains(mark)) ?? false
    }

    /// - Parameter progress: is told bytes done and how many there are, counted twice: checked, and
    ///   copied.
    /// - Throws: ``RestoreFailure``, ``NewerFormat``, ``DiskError``. The folder is empty then, or
    ///   marked.
    package static func run(
        from backup: any Disk, into folder: any Disk,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> Report {
        let list = try readList(backup)
        if let stranger = try stranger(in: folder) { throw RestoreFailure.folderInUse(stranger) }
        let paths = list.hashes.keys.sorted()
        let total = paths.reduce(0) { $0 + ((try? backup.open($1).size()) ?? 0) }
        var done = 0
        func step(_ part: [UInt8]) {
            done += part.count
            progress(done, 2 * total)
        }
        let damaged = paths.filter { path in
            guard let file = try? backup.open(path) else { return true }
            return (try? ContentHash.read(file, step)) != list.hashes[path]
        }
        guard damaged.isEmpty else { throw RestoreFailure.damaged(damaged) }
        do {
            try wipe(folder)
            try begin(folder)
            if paths.contains(where: { BackupPath($0)!.restored.hasPrefix("keys/") }) {
                try folder.makeDirectory("keys")
            }
            for path in paths {
                let copy = try folder.create(BackupPath(path)!.restored)
                let hash = try ContentHash.read(try backup.open(path)) { part in
                    try copy.append(part)
                    step(part)
                }
                guard hash == list.hashes[path] else { throw RestoreFailure.damaged([path]) }
                try copy.sync()
            }
            try end(folder)
        } catch {
            // Best effort: the mark stays if it cannot be done.
            if (try? wipe(folder)) != nil { try? folder.remove(mark) }
            throw error
        }
        let restored = paths.map { BackupPath($0)!.restored }
        return Report(
            made: list.made, files: paths.count, bytes: total,
            hasRegistry: restored.contains(BackupPath.registry),
            keys: restored.count { $0.hasPrefix("keys/") })
    }

    private static func readList(_ backup: any Disk) throws -> BackupList {
        do {
            guard let list = try BackupList.read(from: backup) else { throw RestoreFailure.noBackup }
            return list
        } catch let error as FormatError {
            throw RestoreFailure.damagedList("\(error)")
        }
    }

    private static func begin(_ folder: any Disk) throws(DiskError) {
        if try !folder.list("").contains(mark) {
            let file = try folder.create(mark)
            try file.append(Array("A restore into this folder has not ended; run it again.\n".utf8))
            try file.sync()
        }
        try folder.syncDirectory("")
        for name in folders { try folder.makeDirectory(name) }
    }

    private static func end(_ folder: any Disk) throws(DiskError) {
        for name in folders { try folder.syncDirectory(name) }
        if try folder.list("").contains("keys") { try folder.syncDirectory("keys") }
        try folder.syncDirectory("")
        try folder.remove(mark)
        try folder.syncDirectory("")
    }

    /// Something in a folder that is no empty one, and not of an unfinished restore; `nil` when
    /// there is nothing.
    private static func stranger(in folder: any Disk) throws(DiskError) -> String? {
        if isUnfinished(in: folder) { return nil }
        for name in try folder.list("").sorted() where !["lost+found", "store", "keys"].contains(name) {
            return name
        }
        for path in try files(in: folder) { return path }
        return nil
    }

    /// Files where a restore puts them, those of the registry aside.
    private static func files(in folder: any Disk) throws(DiskError) -> [String] {
        let inside = ["seg", "wal", "tmp", "quarantine"]
        var found: [String] = []
        for directory in folders + ["keys"] {
            for name in try folder.listIfThere(directory).sorted()
            where directory != "store" || !inside.contains(name) {
                found.append("\(directory)/\(name)")
            }
        }
        return found
    }

    private static func wipe(_ folder: any Disk) throws(DiskError) {
        for path in try files(in: folder) { try folder.remove(path) }
        for name in try folder.list("") where name.hasPrefix(BackupPath.registry) {
            try folder.remove(name)
        }
    }
}
