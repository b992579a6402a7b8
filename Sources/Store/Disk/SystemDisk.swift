//  SystemDisk.swift · Store
//
//  The real disk: thin calls of POSIX, nothing decided here.

import Glibc

/// The folder `root` of the file system.
package struct SystemDisk: Disk {
    package let root: String

    /// - Parameter root: made, with its parents, when missing.
    package init(root: String) throws(DiskError) {
        self.root = root
        var path = root.hasPrefix("/") ? "" : "."
        for part in root.split(separator: "/") {
            path += "/" + part
            try SystemDisk.check(mkdir(path, 0o700), "make", path, except: EEXIST)
        }
        guard access(root, W_OK | X_OK) == 0 else { throw SystemDisk.error("write to", root) }
    }

    /// A folder that is there and only read.
    package init(reading root: String) throws(DiskError) {
        self.root = root
        guard access(root, R_OK | X_OK) == 0 else { throw SystemDisk.error("read", root) }
    }

    private func full(_ path: String) -> String { root + "/" + path }

    package func create(_ path: String) throws(DiskError) -> any DiskFile {
        try SystemFile(full(path), path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, "create")
    }

    package func open(_ path: String) throws(DiskError) -> any DiskFile {
        try SystemFile(full(path), path, O_RDONLY | O_CLOEXEC, "open")
    }

    package func list(_ directory: String) throws(DiskError) -> [String] {
        guard let stream = opendir(full(directory)) else {
            throw SystemDisk.error("list", directory)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    package func makeDirectory(_ path: String) throws(DiskError) {
        try SystemDisk.check(mkdir(full(path), 0o700), "make", path, except: EEXIST)
    }

    package func rename(_ path: String, to target: String) throws(DiskError) {
        try SystemDisk.check(Glibc.rename(full(path), full(target)), "rename", path)
    }

    package func remove(_ path: String) throws(DiskError) {
        try SystemDisk.check(unlink(full(path)), "remove", path)
    }

    package func syncDirectory(_ path: String) throws(DiskError) {
        let descriptor = Glibc.open(full(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemDisk.error("open", path) }
        defer { close(descriptor) }
        try SystemDisk.check(fsync(descriptor), "sync", path)
    }

    fileprivate static func error(_ operation: String, _ path: String) -> DiskError {
        let kind: DiskError.Kind =
            switch errno {
            case ENOENT, ENOTDIR: .notFound
            case EEXIST: .exists
            case ENOSPC, EDQUOT: .full
            case EACCES, EPERM, EROFS: .denied
            default: .system(errno)
            }
        return DiskError(kind, operation, path)
    }

    fileprivate static func check(
        _ result: Int32, _ operation: String, _ path: String, except allowed: Int32 = 0
    ) throws(DiskError) {
        guard result == 0 || (allowed != 0 && errno == allowed) else {
            throw error(operation, path)
        }
    }
}

private final class SystemFile: DiskFile {
    private let descriptor: Int32
    private let path: String

    init(_ full: String, _ path: String, _ flags: Int32, _ operation: String) throws(DiskError) {
        self.path = path
        descriptor = Glibc.open(full, flags, 0o600)
        guard descriptor >= 0 else { throw SystemDisk.error(operation, path) }
    }

    deinit { close(descriptor) }

    func size() throws(DiskError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemDisk.error("read", path) }
        return Int(status.st_size)
    }

    func append(_ bytes: [UInt8]) throws(DiskError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress! + written, bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemDisk.error("write", path) }
            written += count
        }
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DiskError) {
        var filled = 0
        while filled < buffer.count {
            let got = pread(
                descriptor, buffer.baseAddress! + filled, buffer.count - filled,
                off_t(offset + filled))
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw SystemDisk.error("read", path) }
            guard got > 0 else { throw DiskError(.truncated, "read", path) }
            filled += got
        }
    }

    func sync() throws(DiskError) {
        guard fdatasync(descriptor) == 0 else { throw SystemDisk.error("sync", path) }
    }
}
