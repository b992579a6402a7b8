//  Disk.swift · Store
//
//  The seam between the store and the file system. Small on purpose: what it buys are tests on a
//  disk that forgets what was not synced, tears writes, and fails at the n-th call.

/// A folder of files, all paths relative to it: `wal/0000000000000001.wal`.
///
/// Calls block. Nothing is durable until ``DiskFile/sync()`` (contents) and
/// ``syncDirectory(_:)`` (names) have returned.
package protocol Disk: Sendable {
    /// Makes a new, empty file; it must not exist.
    func create(_ path: String) throws(DiskError) -> any DiskFile
    /// Opens an existing file for reading.
    func open(_ path: String) throws(DiskError) -> any DiskFile
    /// The names in a folder, unsorted.
    func list(_ directory: String) throws(DiskError) -> [String]
    /// Makes a folder; no error when it exists.
    func makeDirectory(_ path: String) throws(DiskError)
    /// Moves a file over `target`, atomically.
    func rename(_ path: String, to target: String) throws(DiskError)
    func remove(_ path: String) throws(DiskError)
    /// Makes creations, renames and removals in a folder durable.
    func syncDirectory(_ path: String) throws(DiskError)
}

/// An open file. Closes when it is released.
package protocol DiskFile: AnyObject, Sendable {
    /// Bytes in the file.
    func size() throws(DiskError) -> Int
    /// Writes all of `bytes` at the end.
    func append(_ bytes: [UInt8]) throws(DiskError)
    /// Fills `buffer` with the bytes from `offset` on.
    /// - Throws: ``DiskError/Kind/truncated`` when the file ends before.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DiskError)
    /// Makes the contents durable. After an error the file must not be written or synced again:
    /// the system may have dropped the pages and report success next time.
    func sync() throws(DiskError)
}

extension DiskFile {
    /// Exactly `count` bytes from `offset`. See ``read(at:into:)``.
    package func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
        var failure: DiskError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(DiskError) {
                try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
                filled = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}

/// Why a disk operation failed.
package struct DiskError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        case notFound, exists, full, denied, truncated
        /// Any other error number of the system.
        case system(Int32)
    }
    package let kind: Kind
    package let path: String
    /// What was tried: `open`, `write`, `sync` …
    package let operation: String

    package init(_ kind: Kind, _ operation: String, _ path: String) {
        self.kind = kind
        self.operation = operation
        self.path = path
    }

    package var description: String {
        let reason =
            switch kind {
            case .notFound: "it does not exist"
            case .exists: "it exists already"
            case .full: "the disk is full"
            case .denied: "permission denied"
            case .truncated: "the file ends too early"
            case .system(let number): "system error \(number)"
            }
        return "cannot \(operation) \(path): \(reason)"
    }
}
