//  RegistryCheck.swift · Store
//
//  Looks into a registry without touching it: SQLite makes files beside a database that it only
//  reads, so a copy is read.

import Foundation
import GRDB
package import Monitoring

/// What a reader finds in a registry file.
package struct RegistryCheck: Sendable {
    package enum State: Equatable, Sendable {
        case missing
        case good
        /// Written by a newer version of this program.
        case newer
        /// With what SQLite says.
        case damaged(String)
        /// With the system's reason.
        case unreadable(String)
    }

    package private(set) var state = State.missing
    /// Whether anybody could sign in.
    package private(set) var hasCredentials = false
    package private(set) var units: [Monitoring.Unit] = []
    package private(set) var upstreams: [Upstream] = []

    /// - Throws: when there is no room for a copy.
    package init(file path: String) async throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        // A service that writes meanwhile can make one copy useless, not each.
        for _ in 1...3 {
            try await look(path)
            if case .damaged = state { continue }
            return
        }
    }

    private mutating func look(_ path: String) async throws {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appending(path: "earshot-\(UUID().uuidString)").path()
        try files.createDirectory(
            atPath: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        defer { try? files.removeItem(atPath: folder) }
        do {
            for suffix in ["", "-wal"] where files.fileExists(atPath: path + suffix) {
                try files.copyItem(atPath: path + suffix, toPath: folder + "/copy" + suffix)
            }
        } catch {
            state = .unreadable("it cannot be copied to be read")
            return
        }
        do {
            try await read(folder + "/copy")
        } catch {
            state = .damaged("\(error)")
        }
    }

    private mutating func read(_ copy: String) async throws {
        let (verdict, isNewer) = try await DatabaseQueue(path: copy).write { db in
            let verdict = try String.fetchAll(db, sql: "PRAGMA quick_check(5)")
            return (verdict, try SQLiteRegistry.migrations.hasBeenSuperseded(db))
        }
        guard verdict == ["ok"], !isNewer else {
            state = verdict == ["ok"] ? .newer : .damaged(verdict.joined(separator: "; "))
            return
        }
        let registry = try SQLiteRegistry(path: copy)
        hasCredentials = try registry.hasCredentials()
        units = try await registry.units()
        upstreams = try await registry.upstreams()
        state = .good
        try registry.pool.close()
    }
}
