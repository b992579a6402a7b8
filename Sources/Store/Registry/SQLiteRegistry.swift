//  SQLiteRegistry.swift · Store
//
//  What people configure, in SQLite through GRDB. Small and rarely written; levels are never here.
//  Several processes may have it open: `earshot token create` and `earshot provision` work beside
//  a running service.

import GRDB
import Glibc
package import Monitoring
import Synchronization

/// The registry file of a data folder.
///
/// Units are asked for with nearly each request, so they are kept in memory. Each question compares
/// the stored revision with that of the copy: one row, whichever process wrote last.
package final class SQLiteRegistry: Sendable {
    let pool: DatabasePool
    private let copy = Mutex(Copy(Roster(), revision: -1))
    let siteCopy = Mutex<SiteCopy?>(nil)
    let passwords = PasswordBench()

    /// Opens the registry, made and brought up to date when needed.
    /// - Parameter path: its folder must exist.
    package init(path: String) throws {
        var configuration = Configuration()
        // Another process may be writing; it does not take long.
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = true
        // More than there are threads that read.
        configuration.maximumReaderCount = 64
        // Made and brought up to date by one process at a time. The lock is the folder's: SQLite
        // loses its own when the registry's file is opened beside it and closed.
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(descriptor) }
        flock(descriptor, LOCK_EX)
        pool = try DatabasePool(path: path, configuration: configuration)
        // A change that was answered survives power loss. Writes are rare, and made by one connection.
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        try SQLiteRegistry.migrations.migrate(pool)
    }

    /// What is stored now.
    func current() throws -> Copy {
        let known = copy.withLock { $0 }
        let newer = try look { db -> Copy? in
            let revision = try SQLiteRegistry.revision(db)
            return revision == known.revision ? nil : Copy(try Roster(db), revision: revision)
        }
        guard let newer else { return known }
        copy.withLock { if $0.revision < newer.revision { $0 = newer } }
        return newer
    }

    /// Reads on the caller's thread. Every request looks twice, for some microseconds each: going
    /// to another thread and back would take several times as long. Readers never wait for writers.
    ///
    /// All reads are such: one that waits for a thread, with a reader in its hand, never gets it while
    /// all threads wait for a reader.
    func look<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try pool.read(body)
    }

    static func revision(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT number FROM revision"))!
    }

    /// Changes what is configured about reading, everything or nothing; no other process writes
    /// meanwhile.
    /// - Throws: what `decide` throws, and then nothing has changed.
    package func change<Result: Sendable>(
        _ decide: @Sendable (inout Roster) throws -> Result
    ) async throws -> Result {
        try await configure { roster, _ in try decide(&roster) }
    }

    /// What is configured, as of one revision, in the forms that it is asked for.
    final class Copy: Sendable {
        let revision: Int64
        let roster: Roster
        let upstreams: [Upstream]
        let units: [Unit]

        init(_ roster: Roster, revision: Int64) {
            self.revision = revision
            self.roster = roster
            upstreams = roster.upstreams.values.sorted { $0.id < $1.id }
            units = roster.units.values.sorted { $0.id < $1.id }
        }
    }
}
