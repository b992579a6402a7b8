//  SQLiteRegistry+Copy.swift · Store

import Foundation
import GRDB

extension SQLiteRegistry {
    /// Copies a registry while others read and write it: SQLite's online backup
    /// (https://sqlite.org/backup.html). The copy is one file that needs no others.
    ///
    /// - Parameter target: an empty file, or none.
    /// - Returns: false when there is no registry.
    package static func copy(_ path: String, to target: String) throws -> Bool {
        guard FileManager.default.fileExists(atPath: path) else { return false }
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        let source = try DatabaseQueue(path: path, configuration: configuration)
        let copy = try DatabaseQueue(path: target)
        try source.backup(to: copy)
        try copy.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA journal_mode = DELETE")
        }
        try copy.close()
        try source.close()
        return true
    }
}
