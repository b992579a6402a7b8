//  LogReplay.swift · Store
//
//  The log as a crash, or a running service, left it. Reads and changes nothing: for recovery, for
//  checks and for backups alike.
//
//      file 1  ├ 1 ┼ 2 ┼╳┼ 4 ┤            3 is damaged: 4 says that everything before it was durable
//      file 2  ├ 5 ┼ 6 ┼ 7 ┤              6 and 7 are the last group commit, of which nobody knows
//                 durable ┘ └ unsettled   whether its sync has returned
//
//  What is unsettled was never answered, or was: both are right, so it is written once more. A hole
//  in it is what a power cut left of a write, and no damage.

import Monitoring

/// What the log holds beyond the segments, and what of it is lost.
struct LogReplay {
    /// A log file as it was found.
    struct File: Sendable {
        let name: String
        /// The highest LSN that it is known to have held; the one before its first when none.
        var lastLSN: UInt64
        let bytes: Int
        /// Where its last record ends; rubbish may stand behind.
        var recordsEnd: Int
        var isDamaged = false
        /// Nothing can be read of it.
        var isUnreadable = false
    }

    /// By number, those given and those that the log defines.
    private(set) var units: [UnitRef: UnitID]
    /// Durable and not in segments, in the order in which they were written.
    private(set) var frames: [LoggedFrame] = []
    /// Of the last group commit.
    private(set) var unsettled: [LoggedFrame] = []
    private(set) var files: [File] = []
    private(set) var damage: [Damage] = []
    /// Frames in records, whether they are in segments or not.
    private(set) var frameCount = 0
    /// Everything up to here was durable when the log was last written.
    private(set) var durableLSN: UInt64
    /// No record and no file has a higher one.
    private(set) var lastLSN: UInt64

    private let flushedLSN: UInt64
    /// Records behind `durableLSN` as far as it is known yet.
    private var tail: [(lsn: UInt64, frames: [LoggedFrame])] = []
    private var holes: [Hole] = []
    private var nameless: [(lsn: UInt64, count: Int)] = []
    /// The newest record that is there or accounted for.
    private var reached: UInt64
    /// Time of the newest frame before a hole.
    private var timeReached: Int64?

    private struct Hole {
        let file: String
        let first: UInt64
        let last: UInt64
        let from: Int64?
        var to: Int64?
    }

    /// - Parameters:
    ///   - flushedLSN: records up to here are in segments.
    ///   - units: names that segments tell.
    /// - Throws: ``NewerFormat`` when a later version wrote a file; ``DiskError``.
    init(
        on disk: any Disk, after flushedLSN: UInt64, knowing units: [UnitRef: UnitID] = [:]
    ) throws {
        self.flushedLSN = flushedLSN
        self.units = units
        durableLSN = flushedLSN
        lastLSN = flushedLSN
        reached = flushedLSN
        let zstd = ZstdDecompressor()
        var found: [(name: String, firstLSN: UInt64, header: LogFile?, voidFrom: UInt64)] = []
        for name in try disk.listIfThere("wal").sorted() {
            guard let firstLSN = LogFile.firstLSN(name: name),
                let file = try disk.openIfThere("wal/" + name)
            else { continue }
            let head = try file.read(at: 0, count: min(try file.size(), LogFile.headerBytes))
            try FormatVersion.log.refuseNewer(head, in: "wal/" + name)
            let header = try? LogFile(decoding: head)
            var voidFrom = UInt64.max
            if let header, header.supersedesFrom != .max,
                header.hasFirstCommit(try file.read(at: 0, count: try file.size()), with: zstd)
            {
                voidFrom = header.supersedesFrom
            }
            found.append(("wal/" + name, firstLSN, header, voidFrom))
        }
        for (position, item) in found.enumerated() {
            guard let file = try disk.openIfThere(item.name) else { continue }
            let void = found[(position + 1)...].map(\.voidFrom).min() ?? .max
            let bytes = try file.read(at: 0, count: try file.size())
            read(bytes, named: item.name, item.firstLSN, item.header, void: void, with: zstd)
        }
        settle()
    }

    private mutating func read(
        _ bytes: [UInt8], named name: String, _ firstLSN: UInt64, _ header: LogFile?, void: UInt64,
        with decompressor: borrowing ZstdDecompressor
    ) {
        var file = File(
            name: name, lastLSN: firstLSN - 1, bytes: bytes.count,
            recordsEnd: LogFile.headerBytes)
        lastLSN = max(lastLSN, firstLSN, header?.firstLSN ?? 0)
        guard header != nil || bytes.count > LogFile.headerBytes else {
            // A header is durable before the first record is written: nothing was in it.
            file.isUnreadable = true
            files.append(file)
            return
        }
        let usable = header ?? LogFile(salvaging: bytes, firstLSN: firstLSN)
        if let header {
            let start = min(header.supersedesFrom, header.firstLSN)
            noteHole(before: start, in: files.last?.name ?? name)
            durableLSN = max(durableLSN, start - 1)
            reached = max(reached, header.firstLSN - 1)
        }
        var count = 0
        file.recordsEnd = usable.forEachRecord(in: bytes, with: decompressor) { record in
            guard record.lsn < void else { return }
            count += 1
            noteHole(before: record.lsn, in: name)
            durableLSN = max(durableLSN, record.durableLSN)
            if take(record) {
                reached = max(reached, record.lsn)
                file.lastLSN = max(file.lastLSN, record.lsn)
            }
            lastLSN = max(lastLSN, record.lsn)
        }
        if header == nil {
            file.isDamaged = true
            file.isUnreadable = count == 0
            damage.append(
                Damage(
                    file: name, kind: "wal",
                    detail: count == 0
                        ? "Its header is damaged; its records, from \(firstLSN) on, are lost."
                        : "Its header is damaged; \(count) records could be read all the same."))
        }
        files.append(file)
    }

    /// - Returns: false when the record cannot be used.
    private mutating func take(_ record: LogRecord) -> Bool {
        switch record.kind {
        case .defineUnits:
            var reader = ByteReader(record.payload)
            while reader.remaining > 0 {
                guard let ref: UnitRef = try? reader.little(), let text = try? reader.text(),
                    let name = UnitID(text), ref < 1 << 24
                else { break }
                units[ref] = name
            }
        case .frames:
            frameCount += record.frameCount
            guard record.lsn > flushedLSN else { return true }
            guard let frames = try? FrameRecord.decode(record.payload, count: record.frameCount)
            else { return false }
            closeHole(at: frames.map(\.time).max())
            let known = frames.filter { units[$0.unit] != nil }
            if known.count < frames.count {
                nameless.append((record.lsn, frames.count - known.count))
            }
            tail.append((record.lsn, known))
        case nil: break
        }
        return true
    }

    private mutating func noteHole(before lsn: UInt64, in file: String) {
        guard lsn > reached + 1 else { return }
        holes.append(
            Hole(file: file, first: reached + 1, last: lsn - 1, from: timeReached, to: nil))
        reached = lsn - 1
    }

    private mutating func closeHole(at time: Int64?) {
        for index in holes.indices where holes[index].to == nil { holes[index].to = time }
        timeReached = time ?? timeReached
    }

    /// Tells what is durable from what is not, once everything was read.
    private mutating func settle() {
        for (lsn, part) in tail {
            if lsn <= durableLSN { frames += part } else { unsettled += part }
        }
        tail = []
        for hole in holes where hole.first <= durableLSN {
            let last = min(hole.last, durableLSN)
            damage.append(
                Damage(
                    file: hole.file, kind: "wal",
                    from: hole.from.map(Timestamp.init(milliseconds:)),
                    to: hole.to.map(Timestamp.init(milliseconds:)),
                    detail: "Records \(hole.first) to \(last) of the log are damaged; their "
                        + "frames are lost."))
            if let index = files.firstIndex(where: { $0.name == hole.file }) {
                files[index].isDamaged = true
            }
        }
        for (lsn, count) in nameless where lsn <= durableLSN {
            damage.append(
                Damage(
                    file: "wal", kind: "wal",
                    detail: "\(count) frames of record \(lsn) are of a unit whose name was lost."))
        }
    }
}
