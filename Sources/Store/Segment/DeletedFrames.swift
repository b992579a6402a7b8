//  DeletedFrames.swift · Store
//
//  The tombstones once more, beside MANIFEST: a list that is made anew from segments could not know
//  what was deleted and not merged yet, and deleted frames must not come back.
//
//      "ESDELET\1" │ u32 n │ n × tombstone │ u32 crc32c
//
//  Written before the MANIFEST that has a new tombstone, with those of the MANIFEST that is there
//  still, so that it never lacks one, whichever of the two a crash leaves. It may have more: those
//  that a merge has done away with hide nothing any more.

import Monitoring

/// The file `DELETED`.
struct DeletedFrames {
    static let name = "DELETED"
    private static let temporary = "tmp/" + name
    private static let magic: [UInt8] = FormatVersion.deletions.prefix + [1]

    /// What the file says; empty when there is none.
    private var written: Set<Tombstone>
    /// Whether it may say what was not done.
    private var isDoubtful = false

    init(written: [Tombstone]) { self.written = Set(written) }

    /// Makes all of `tombstones` part of the file, durably. Free of cost when they are.
    ///
    /// - Parameter present: those of the MANIFEST that is there until the next one is in place.
    mutating func record(
        _ tombstones: [Tombstone], over present: [Tombstone], on disk: any Disk
    ) throws(DiskError) {
        guard isDoubtful || !written.isSuperset(of: tombstones) else { return }
        isDoubtful = true
        let known = Set(present)
        let all = present + tombstones.filter { !known.contains($0) }
        try DeletedFrames.write(all, on: disk)
        written = Set(all)
        isDoubtful = false
    }

    /// Takes note that the MANIFEST behind it could not be published: what was to be deleted is not.
    mutating func doubt() { isDoubtful = true }

    /// Puts the file in place, durably and atomically.
    static func write(_ tombstones: [Tombstone], on disk: any Disk) throws(DiskError) {
        try? disk.remove(temporary)
        let file = try disk.create(temporary)
        try file.append(encoded(tombstones))
        try file.sync()
        try disk.rename(temporary, to: name)
        try disk.syncDirectory("")
    }

    /// What the file says; `nil` when there is none.
    ///
    /// - Throws: ``NewerFormat``; ``FormatError`` when it is damaged; ``DiskError``.
    static func read(from disk: any Disk) throws -> [Tombstone]? {
        guard let file = try disk.openIfThere(name) else { return nil }
        let bytes = try file.read(at: 0, count: try file.size())
        try FormatVersion.deletions.refuseNewer(bytes, in: name)
        return try decoded(bytes)
    }

    static func encoded(_ tombstones: [Tombstone]) -> [UInt8] {
        var bytes = magic
        bytes.append(little: UInt32(tombstones.count))
        for tombstone in tombstones { tombstone.append(to: &bytes) }
        bytes.append(little: Checksum.crc32c(bytes))
        return bytes
    }

    static func decoded(_ bytes: [UInt8]) throws(FormatError) -> [Tombstone] {
        guard bytes.count >= 16 else { throw FormatError("it is cut off") }
        var tail = ByteReader(bytes[(bytes.count - 4)...])
        guard try tail.little(UInt32.self) == Checksum.crc32c(bytes[..<(bytes.count - 4)]) else {
            throw FormatError("its checksum does not match")
        }
        var reader = ByteReader(bytes[..<(bytes.count - 4)])
        guard Array(try reader.take(8)) == magic else {
            throw FormatError("it is not a list of deletions of version 1")
        }
        let count: UInt32 = try reader.little()
        var tombstones: [Tombstone] = []
        for _ in 0..<count { tombstones.append(try Tombstone(&reader)) }
        return tombstones
    }
}
