//  SegmentFiles.swift · Store
//
//  Open files of segments: opening one costs more than reading from it, and a process may not
//  have more than some thousands.

import Synchronization

/// Keeps the files of daily segments open that were read last.
final class SegmentFiles: Sendable {
    private struct State {
        var open: [String: (file: any DiskFile, used: UInt64)] = [:]
        var clock: UInt64 = 0
    }

    let disk: any Disk
    /// A year of days, and room for generations.
    static let openMaximum = 1024
    private let state = Mutex(State())

    init(disk: any Disk) { self.disk = disk }

    /// The file `name`, opened when it is not.
    ///
    /// - Parameter isKept: whether it is worth keeping open.
    func file(_ name: String, isKept: Bool) throws(DiskError) -> any DiskFile {
        let known = state.withLock { state in
            state.clock += 1
            state.open[name]?.used = state.clock
            return state.open[name]?.file
        }
        if let known { return known }
        let file = try disk.open(name)
        guard isKept else { return file }
        state.withLock { state in
            if state.open.count >= SegmentFiles.openMaximum {
                let old = state.open.sorted { $0.value.used < $1.value.used }
                for (name, _) in old.prefix(SegmentFiles.openMaximum / 4) {
                    state.open[name] = nil
                }
            }
            state.open[name] = (file, state.clock)
        }
        return file
    }

    /// Forgets a file that is gone; who reads it still has it.
    func forget(_ name: String) { state.withLock { $0.open[name] = nil } }
}
