//  DataFolder.swift · earshot
//
//      DIR/store/            the segment store
//      DIR/registry.sqlite   units, tokens …
//      DIR/keys/             what signs sessions (0700)

import Logging
import Monitoring
import Serve
import Store

extension Failure {
    /// A restore into the folder was cut short.
    init(unfinished folder: String) {
        self.init(
            .unavailable,
            "A restore into the data folder \(folder) has not ended. Run it again: "
                + "earshot store restore BACKUP --data \(folder).")
    }
}

/// The folder that holds everything the service keeps.
struct DataFolder {
    let path: String
    var keys: String { path + "/keys" }

    /// Makes the folder when it is missing.
    /// - Throws: ``Failure`` with exit code 69 when it cannot be written.
    init(path: String) throws {
        self.path = path
        do {
            let disk = try SystemDisk(root: path)
            guard !StoreRestore.isUnfinished(in: disk) else { throw Failure(unfinished: path) }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(opening: path, error)
        }
    }

    /// A service has it now.
    var isServed: Bool {
        do throws(StoreLock.Failure) {
            _ = try StoreLock(path: path + "/store/LOCK")
            return false
        } catch {
            if case .held = error { return true }
            return false
        }
    }

    func openRegistry() throws -> SQLiteRegistry {
        do {
            return try SQLiteRegistry(path: path + "/registry.sqlite")
        } catch {
            throw Failure(opening: path, error)
        }
    }

    func openKeys() throws -> KeyRing {
        do {
            return try KeyRing(directory: keys)
        } catch {
            throw Failure(opening: path, error)
        }
    }

    func openStore(_ configuration: StoreConfiguration, logger: Logger) throws -> LevelStore {
        do {
            return try LevelStore(
                folder: path + "/store", configuration: configuration, clock: SystemClock(),
                logger: logger)
        } catch {
            throw Failure(opening: path, error)
        }
    }
}
