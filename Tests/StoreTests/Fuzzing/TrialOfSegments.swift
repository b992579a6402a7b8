//  TrialOfSegments.swift · StoreTests

import Monitoring
import Support

@testable import Store

/// Segment files, in pieces and as a whole, and the manifest.
enum TrialOfSegments {
    /// `u16 where data ends, in KiB │ row`
    static func unitRow(_ input: inout TrialInput) throws {
        let dataEnd = input.short() << 10
        var bytes = input.rest()
        guard bytes.count >= UnitRow.bytes else { return }
        if input.isRepaired { TrialRepair.checksum(&bytes, 0..<76, at: 76) }
        let row = try bytes.withUnsafeBytes { try UnitRow(decoding: $0, dataEnd: dataEnd) }
        var again: [UInt8] = []
        row.append(to: &again)
        let second = try again.withUnsafeBytes { try UnitRow(decoding: $0, dataEnd: dataEnd) }
        try TrialFailure.unless(second == row, "a row has changed")
    }

    /// `u16 where data ends, in KiB │ directory`
    static func directory(_ input: inout TrialInput) throws {
        let dataEnd = input.short() << 10
        var bytes = input.rest()
        if input.isRepaired {
            let count = max(0, bytes.count - 4) / BlockEntry.bytes * BlockEntry.bytes
            bytes = bytes.prefix(count) + [0, 0, 0, 0]
            TrialRepair.checksum(&bytes, 0..<count, at: count)
        }
        let blocks = try BlockDirectory.decode(bytes, dataEnd: dataEnd)
        var again: [UInt8] = []
        BlockDirectory.append(blocks, to: &again)
        let second = try BlockDirectory.decode(again, dataEnd: dataEnd)
        try TrialFailure.unless(second == blocks, "a directory has changed")
    }

    static func header(_ input: inout TrialInput) throws {
        var bytes = input.rest()
        if input.isRepaired { TrialRepair.checksum(&bytes, 0..<60, at: 60) }
        try FormatVersion.segment.refuseNewer(bytes, in: "seg")
        let header = try SegmentHeader(decoding: bytes)
        let again = try SegmentHeader(decoding: header.encoded())
        try TrialFailure.unless(again == header, "a segment's header has changed")
    }

    static func footer(_ input: inout TrialInput) throws {
        var bytes = input.rest()
        if input.isRepaired { TrialRepair.checksum(&bytes, 0..<52, at: 52) }
        let footer = try SegmentFooter(decoding: bytes)
        let again = try SegmentFooter(decoding: footer.encoded())
        try TrialFailure.unless(again == footer, "a segment's footer has changed")
    }

    static func manifest(_ input: inout TrialInput) throws {
        var bytes = input.rest()
        if input.isRepaired { TrialRepair.end(&bytes) }
        try FormatVersion.manifest.refuseNewer(bytes, in: Manifest.name)
        let manifest = try Manifest(decoding: bytes)
        let again = try Manifest(decoding: manifest.encoded())
        try TrialFailure.unless(again == manifest, "a manifest has changed")
    }

    static func segment(_ input: inout TrialInput) throws {
        var bytes = input.rest()
        if input.isRepaired { TrialRepair.segment(&bytes) }
        let disk = SimulatedDisk()
        let segment = try open(bytes, disk, "seg/1-20261122T0000-0000002a.esg")
        let damage = segment.verify()
        try TrialFailure.unless(
            DamageNote.decoded(DamageNote.encoded(damage)).count == damage.count,
            "a segment's damage is not told")
        for ref: UnitRef in 0..<4 { _ = try? segment.row(of: ref, in: try segment.file()) }
        if damage.isEmpty { try copy(segment, on: disk) }
    }

    private static func open(
        _ bytes: [UInt8], _ disk: SimulatedDisk, _ name: String
    ) throws -> Segment {
        disk.put(name, bytes)
        return try Segment(name: name, in: SegmentFiles(disk: disk))
    }

    /// What is done with a segment that is in order: its pages go into another one.
    private static func copy(_ segment: Segment, on disk: SimulatedDisk) throws {
        let name = "seg/1-20261122T0000-0000002b.esg"
        let header = segment.header
        let source = try segment.file()
        let contents = try segment.contents()
        var writer = SegmentWriter(
            file: try disk.create(name), level: header.level, uuid: header.uuid,
            first: header.first, last: header.last, holdsFrames: header.holdsFrames)
        for (row, unit) in contents {
            try writer.copy(row, unit, segment.blocks(of: row, in: source), in: source)
        }
        try writer.finish(lsnMaximum: segment.footer.lsnMaximum, replacing: segment.replaced)
        let other = try Segment(name: name, in: SegmentFiles(disk: disk))
        try TrialFailure.unless(
            other.header == header && other.verify().isEmpty
                && (try frames(other)) == (header.holdsFrames ? try frames(segment) : []),
            "a segment has changed")
    }

    /// All frames, block by block.
    private static func frames(_ segment: Segment) throws -> [FrameColumns] {
        let (file, reader) = (try segment.file(), PageReader())
        return try segment.contents().flatMap { row, _ in
            try segment.blocks(of: row, in: file).map { block in
                let columns = try segment.read(block, in: file, with: reader)
                try TrialFailure.unless(
                    columns.times.first == block.first && columns.times.last == block.last,
                    "a block's frames are another's")
                return columns
            }
        }
    }
}
