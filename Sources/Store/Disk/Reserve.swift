//  Reserve.swift · Store

/// The file `reserve`: room that is let go when the disk is full, so that registry and log can be
/// written for a while longer.
struct Reserve {
    static let name = "reserve"
    private static let temporary = "tmp/reserve"
    private static let stepBytes = 1 << 20

    private let disk: any Disk
    /// How large it is; 0 for none at all.
    let bytes: Int
    private(set) var isHeld: Bool
    /// Being made.
    private var file: (any DiskFile)?
    private var written = 0

    init(disk: any Disk, bytes: Int) {
        self.disk = disk
        self.bytes = bytes
        let size = try? disk.open(Reserve.name).size()
        isHeld = bytes > 0 && size == bytes
    }

    /// Gives its room back.
    /// - Returns: whether there was anything to give.
    mutating func release() -> Bool {
        file = nil
        written = 0
        let hadPart = (try? disk.remove(Reserve.temporary)) != nil
        isHeld = false
        return Reserve.release(on: disk) || hadPart
    }

    static func release(on disk: any Disk) -> Bool {
        guard (try? disk.remove(name)) != nil else { return false }
        try? disk.syncDirectory("")
        return true
    }

    /// Goes on making it, a mebibyte a call, so that nobody waits for long.
    /// - Returns: whether it is there now.
    mutating func makeStep() throws(DiskError) -> Bool {
        guard bytes > 0, !isHeld else { return isHeld }
        do {
            if file == nil {
                try? disk.remove(Reserve.temporary)
                file = try disk.create(Reserve.temporary)
                written = 0
            }
            let count = min(Reserve.stepBytes, bytes - written)
            try file!.append(Reserve.filling(count, from: UInt64(written)))
            try file!.sync()
            written += count
            guard written == bytes else { return false }
            file = nil
            // One of another size may be there.
            try disk.rename(Reserve.temporary, to: Reserve.name)
            try disk.syncDirectory("")
            isHeld = true
            return true
        } catch {
            file = nil
            try? disk.remove(Reserve.temporary)
            throw error
        }
    }

    /// Bytes that no file system makes smaller (Marsaglia, "Xorshift RNGs", 2003).
    private static func filling(_ count: Int, from seed: UInt64) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            bytes.append(little: state)
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
