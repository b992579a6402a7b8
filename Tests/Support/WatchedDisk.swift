//  WatchedDisk.swift · Support
//
//  A disk in front of another: tells of each call before it is made, and lets it fail.

package import Store

/// Hands every call on to `disk`, unless `watch` throws.
package final class WatchedDisk: Disk, @unchecked Sendable {
    package enum Call: Sendable {
        case create, open, list, makeDirectory, rename, remove, syncDirectory, link, space
    }

    private let disk: any Disk
    private let watch: (Call, String) throws(DiskError) -> Void

    /// - Parameter watch: is told the call and its path, on the caller's thread.
    package init(_ disk: any Disk, watch: @escaping (Call, String) throws(DiskError) -> Void) {
        self.disk = disk
        self.watch = watch
    }

    package func create(_ path: String) throws(DiskError) -> any DiskFile {
        try watch(.create, path)
        return try disk.create(path)
    }
    package func open(_ path: String) throws(DiskError) -> any DiskFile {
        try watch(.open, path)
        return try disk.open(path)
    }
    package func list(_ directory: String) throws(DiskError) -> [String] {
        try watch(.list, directory)
        return try disk.list(directory)
    }
    package func makeDirectory(_ path: String) throws(DiskError) {
        try watch(.makeDirectory, path)
        try disk.makeDirectory(path)
    }
    package func rename(_ path: String, to target: String) throws(DiskError) {
        try watch(.rename, path)
        try disk.rename(path, to: target)
    }
    package func remove(_ path: String) throws(DiskError) {
        try watch(.remove, path)
        try disk.remove(path)
    }
    package func syncDirectory(_ path: String) throws(DiskError) {
        try watch(.syncDirectory, path)
        try disk.syncDirectory(path)
    }
    package func link(
        _ path: String, of source: any Disk, as target: String
    ) throws(DiskError) {
        try watch(.link, path)
        try disk.link(path, of: source, as: target)
    }
    package func space() throws(DiskError) -> DiskSpace {
        try watch(.space, "")
        return try disk.space()
    }
}
