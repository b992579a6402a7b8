//  WriteAheadLog.swift · Store
//
//  What is not sealed yet, on disk. Writing only; recovery reads the files once at start.
//
//      append(frames) ─▶ one or more records ─▶ write ─▶ fdatasync ─▶ durable up to lastLSN
//                                                 │ either fails
//                                                 └▶ the file is closed for good; the same frames
//                                                    go to a new file that supersedes the rest

import Monitoring

/// The write-ahead log of all units. Owned by one writer.
struct WriteAheadLog: ~Copyable {
    private let disk: any Disk
    private let compressor = ZstdCompressor()
    private var file: OpenFile?
    /// The newest record; 0 before the first. Durable, as everything that this log has written.
    private(set) var lastLSN: UInt64
    /// Files that hold records not yet known to be sealed, oldest first, without the open one.
    private(set) var closedFiles: [ClosedFile]
    /// Set after a failure, and while the end of an earlier life's log is unsettled: the next file
    /// voids older records from this LSN on.
    private var supersedesFrom: UInt64

    struct ClosedFile: Sendable {
        let name: String
        let lastLSN: UInt64
        let bytes: Int
        /// Kept when it is not needed any more: somebody may get more out of it.
        var isDamaged = false
    }

    private struct OpenFile {
        let name: String
        let header: LogFile
        let handle: any DiskFile
        var bytes: Int
        /// Units whose numbers this file defines: each file can be read alone.
        var defined: Set<UnitRef>
    }

    /// Size at which a file is closed and the next begun.
    var fileBytesMaximum = 64 << 20

    var fileCount: Int { closedFiles.count + (file == nil ? 0 : 1) }
    var bytes: Int { closedFiles.reduce(file?.bytes ?? 0) { $0 + $1.bytes } }

    /// - Parameters:
    ///   - lastLSN: no record has a higher one.
    ///   - durableLSN: older records beyond it will be written again, and void then.
    init(disk: any Disk, lastLSN: UInt64, durableLSN: UInt64, closedFiles: [ClosedFile]) {
        self.disk = disk
        self.lastLSN = lastLSN
        self.closedFiles = closedFiles
        supersedesFrom = durableLSN < lastLSN ? durableLSN + 1 : .max
    }

    /// Writes `frames` and makes them durable, in one write and one sync.
    ///
    /// - Parameters:
    ///   - names: the name of each unit that occurs.
    ///   - salt: random; used when a new file is begun.
    /// - Throws: when a new file could not be had either; nothing counts as written then, and the
    ///   caller keeps the frames and tries again later.
    mutating func append(
        _ frames: [LoggedFrame], names: (UnitRef) -> UnitID, salt: () -> UInt64
    ) throws(DiskError) {
        do {
            try write(frames, names, salt)
        } catch {
            abandon()
            do {
                try write(frames, names, salt)
            } catch {
                abandon()
                throw error
            }
        }
    }

    private mutating func write(
        _ frames: [LoggedFrame], _ names: (UnitRef) -> UnitID, _ salt: () -> UInt64
    ) throws(DiskError) {
        if file == nil { try begin(salt: salt()) }
        var bytes: [UInt8] = []
        var lsn = lastLSN
        var records: [LogRecord] = []
        let recordSalt = file!.header.recordSalt
        let unknown = Set(frames.map(\.unit)).subtracting(file!.defined).sorted()
        if !unknown.isEmpty {
            var payload: [UInt8] = []
            for ref in unknown {
                payload.append(little: ref)
                payload.append(text: names(ref).name)
            }
            lsn += 1
            records.append(
                LogRecord(lsn: lsn, kind: .defineUnits, payload: payload, frameCount: 0))
        }
        for start in stride(from: 0, to: frames.count, by: LogRecord.framesMaximum) {
            let part = Array(frames[start..<min(start + LogRecord.framesMaximum, frames.count)])
            lsn += 1
            records.append(
                LogRecord(
                    lsn: lsn, kind: .frames, payload: FrameRecord.encode(part),
                    frameCount: part.count))
        }
        for index in records.indices {
            records[index].place = UInt16(index)
            records[index].hasMore = index + 1 < records.count
            bytes += records[index].encoded(salt: recordSalt, with: compressor)
        }
        try file!.handle.append(bytes)
        try file!.handle.sync()
        file!.defined.formUnion(unknown)
        file!.bytes += bytes.count
        lastLSN = lsn
        if file!.bytes >= fileBytesMaximum { close() }
    }

    private mutating func begin(salt: UInt64) throws(DiskError) {
        let header = LogFile(
            salt: salt, firstLSN: lastLSN + 1, supersedesFrom: supersedesFrom)
        let name = LogFile.name(firstLSN: header.firstLSN)
        let handle: any DiskFile
        do {
            handle = try disk.create(name)
        } catch where error.kind == .exists {
            // A file of this very LSN holds nothing durable, or the LSN would be higher.
            try disk.remove(name)
            closedFiles.removeAll { $0.name == name }
            handle = try disk.create(name)
        }
        try handle.append(header.encoded())
        try handle.sync()
        try disk.syncDirectory("wal")
        file = OpenFile(
            name: name, header: header, handle: handle, bytes: LogFile.headerBytes, defined: [])
    }

    /// Closes the open file; the next append begins a new one.
    mutating func close() {
        guard let open = file else { return }
        if lastLSN >= open.header.firstLSN {
            closedFiles.append(
                ClosedFile(name: open.name, lastLSN: lastLSN, bytes: open.bytes))
        } else {
            // Nothing in it is durable; its name is the next file's.
            try? disk.remove(open.name)
        }
        // What a file without records would have voided, the next one must.
        supersedesFrom = lastLSN >= open.header.firstLSN ? .max : open.header.supersedesFrom
        file = nil
    }

    private mutating func abandon() {
        close()
        supersedesFrom = min(supersedesFrom, lastLSN + 1)
    }

    /// Deletes the closed files whose records are all sealed.
    /// - Parameter flushedLSN: what the manifest says is in segments.
    mutating func removeFiles(flushedThrough flushedLSN: UInt64) throws(DiskError) {
        while let oldest = closedFiles.first, oldest.lastLSN <= flushedLSN {
            if oldest.isDamaged {
                try Quarantine(disk: disk).setAside(oldest.name)
            } else {
                try disk.remove(oldest.name)
            }
            closedFiles.removeFirst()
        }
    }
}
