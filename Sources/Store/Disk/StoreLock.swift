//  StoreLock.swift · Store

import Glibc

/// One process per data folder: an exclusive `flock` on a file that names its holder.
///
/// The system lets go of the lock when the process ends, however it ends.
package final class StoreLock: Sendable {
    private let descriptor: Int32

    /// Why the lock was not had.
    package enum Failure: Error {
        /// Another process has it; its id as it wrote it, or empty.
        case held(byProcess: String)
        case disk(DiskError)
    }

    /// - Parameter path: made when missing; its folder must exist.
    package init(path: String) throws(Failure) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .disk(DiskError(errno == EACCES ? .denied : .system(errno), "open", path))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var text = [CChar](repeating: 0, count: 32)
            _ = pread(descriptor, &text, 31, 0)
            let digits = text.prefix { (48...57).contains($0) }
            throw .held(byProcess: String(decoding: digits.map(UInt8.init), as: UTF8.self))
        }
        let holder = Array("\(getpid())\n\(StoreLock.bootID)\n".utf8)
        ftruncate(descriptor, 0)
        _ = pwrite(descriptor, holder, holder.count, 0)
    }

    deinit { close(descriptor) }

    /// Names this start of the machine, so that a process id left in a file that nobody holds is
    /// known to be of an earlier one. Empty where the system does not tell.
    private static var bootID: String {
        guard let file = try? SystemDisk(reading: "/proc/sys/kernel/random").open("boot_id"),
            let bytes = try? file.read(at: 0, count: 36)
        else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }
}
