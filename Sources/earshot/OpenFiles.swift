//  OpenFiles.swift · earshot

import Glibc

/// How many files and sockets this process may have open.
enum OpenFiles {
    private static var resource: __rlimit_resource_t {
        __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue))
    }

    static var maximum: UInt64 {
        var limit = rlimit()
        getrlimit(resource, &limit)
        return UInt64(limit.rlim_cur)
    }

    /// Takes all that the system allows: a shell starts with 1,024, which is for `select`.
    static func raise() {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(resource, &limit)
    }
}
