//  ProcessUsage.swift · Serve
//
//  What the process takes of its machine. Source: proc(5), getrusage(2).

import Glibc

/// What the process takes of its machine; what cannot be found out is `nil`.
struct ProcessUsage {
    let cpuSeconds: Double?
    let residentBytes: Double?
    let openFiles: Double?

    /// What it is now.
    init() {
        var usage = rusage()
        let known = getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0
        cpuSeconds =
            known ? ProcessUsage.seconds(usage.ru_utime) + ProcessUsage.seconds(usage.ru_stime) : nil
        residentBytes = ProcessUsage.residentPages().map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) }
        openFiles = ProcessUsage.countOfFiles()
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }

    /// The second number of `/proc/self/statm`.
    private static func residentPages() -> Double? {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let numbers = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ")
        return numbers.count > 1 ? Double(numbers[1]) : nil
    }

    /// The entries of `/proc/self/fd` but for `.`, `..` and the one that reading them takes.
    private static func countOfFiles() -> Double? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = -3.0
        while readdir(folder) != nil { count += 1 }
        return count
    }
}
