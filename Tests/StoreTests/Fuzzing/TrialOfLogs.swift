//  TrialOfLogs.swift · StoreTests

import Monitoring
import Support

@testable import Store

/// The write-ahead log, and notes of damage.
enum TrialOfLogs {
    private static let salt: UInt32 = 42

    static func header(_ input: inout TrialInput) throws {
        var bytes = input.rest()
        if input.isRepaired { TrialRepair.checksum(&bytes, 0..<32, at: 32) }
        let header = try LogFile(decoding: bytes)
        let again = try LogFile(decoding: header.encoded())
        try TrialFailure.unless(again.encoded() == header.encoded(), "a log's header has changed")
    }

    static func record(_ input: inout TrialInput) throws {
        var bytes = input.rest()
        if input.isRepaired { TrialRepair.record(&bytes, at: 0, salt: salt) }
        let zstd = ZstdDecompressor()
        guard let (record, _) = LogRecord.decode(bytes, at: 0, salt: salt, with: zstd)
        else { return }
        if record.kind == .frames {
            _ = try? FrameRecord.decode(record.payload, count: record.frameCount)
        }
        guard record.kind != nil else { return }
        let again = LogRecord.decode(
            record.encoded(salt: salt, with: ZstdCompressor()), at: 0, salt: salt, with: zstd)
        try TrialFailure.unless(again?.record == record, "a record has changed")
    }

    /// `u16 count │ payload`
    static func frames(_ input: inout TrialInput) throws {
        let count = input.short()
        let frames = try FrameRecord.decode(input.rest(), count: count)
        guard !frames.isEmpty else { return }
        let ordered = frames.indices.sorted { (frames[$0].unit, $0) < (frames[$1].unit, $1) }
            .map { frames[$0] }
        let again = try FrameRecord.decode(FrameRecord.encode(frames), count: count)
        try TrialFailure.unless(again == ordered, "frames have changed")
    }

    /// `u8 LSN of the first file │ part: first file │ second file`
    static func replay(_ input: inout TrialInput) throws {
        let disk = SimulatedDisk()
        var lsn = UInt64(input.byte())
        for var file in [input.part(), input.rest()] where !file.isEmpty {
            if input.isRepaired { TrialRepair.log(&file) }
            disk.put(LogFile.name(firstLSN: lsn), file)
            lsn += 3
        }
        let replay = try LogReplay(on: disk, after: UInt64(input.control >> 1))
        // What comes next must have a number, and all that is known be told.
        let next = replay.lastLSN + 1
        var heads: [UnitRef: Head] = [:]
        for frame in replay.frames + replay.unsettled
        where heads[frame.unit]?.stored(at: frame.time) == nil {
            heads[frame.unit, default: Head()].insert(frame)
        }
        for head in heads.values {
            try TrialOfColumns.again(head.frames, with: ZstdCompressor())
        }
        let note = DamageNote.encoded(replay.damage)
        try TrialFailure.unless(
            DamageNote.decoded(note).count == replay.damage.count && next > replay.durableLSN,
            "a log's damage is not told")
    }

    static func damageNote(_ input: inout TrialInput) {
        _ = DamageNote.decoded(DamageNote.encoded(DamageNote.decoded(input.rest())))
    }
}
