//  BackupList.swift · Store
//
//  The file `BACKUP`: what belongs to a backup. Written last, so that a folder with one is whole.
//  Lines that `sha256sum -c BACKUP` understands:
//
//      # earshot backup 1
//      # made 2026-11-23T16:00:00.000Z
//      # number 3
//      <64 digits>  seg/1-20261122T0000-0000002a.esg
//      <64 digits>  state/3-MANIFEST
//      # end <sha-256 of all lines before>

package import Monitoring

/// The files of a backup and their SHA-256.
package struct BackupList: Equatable, Sendable {
    static let name = "BACKUP"
    private static let version = 1

    package let made: Timestamp
    /// Counts the backups in this folder; its own files begin with it.
    let number: Int
    /// By path inside the backup.
    var hashes: [String: String] = [:]

    init(made: Timestamp, number: Int) {
        self.made = made
        self.number = number
    }

    func encoded() -> [UInt8] {
        var text = "# earshot backup \(BackupList.version)\n# made \(made)\n# number \(number)\n"
        for (path, hash) in hashes.sorted(by: { $0.key < $1.key }) { text += "\(hash)  \(path)\n" }
        let end = ContentHash.hexadecimal(of: Array(text.utf8))
        return Array((text + "# end \(end)\n").utf8)
    }

    /// - Throws: ``FormatError``; ``NewerFormat`` for one of a later version.
    init(decoding bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        var lines = text.split(separator: "\n").map(String.init)
        guard let end = lines.popLast(), end.hasPrefix("# end ") else {
            throw FormatError("it is cut off")
        }
        let before = lines.map { $0 + "\n" }.joined()
        guard end == "# end " + ContentHash.hexadecimal(of: Array(before.utf8)) else {
            throw FormatError("its checksum does not match")
        }
        func value(_ key: String) -> Substring? {
            lines.first { $0.hasPrefix("# \(key) ") }?.dropFirst(key.count + 3)
        }
        guard let version = value("earshot backup").flatMap({ Int($0) }) else {
            throw FormatError("it is not the list of a backup")
        }
        guard version <= BackupList.version else {
            throw NewerFormat(file: BackupList.name, version: version, known: BackupList.version)
        }
        guard let made = value("made").flatMap({ Timestamp(rfc3339: $0) }),
            let number = value("number").flatMap({ BackupList.number($0) })
        else { throw FormatError("it does not tell when it was made") }
        self.init(made: made, number: number)
        for line in lines where !line.hasPrefix("#") {
            let path = String(line.dropFirst(66))
            guard BackupPath(path) != nil else { throw FormatError("\(path) is no file of a backup") }
            hashes[path] = String(line.prefix(64))
        }
    }

    /// The number of a backup, from which one can count on; `nil` when it is none.
    static func number(_ text: some StringProtocol) -> Int? {
        Int(text).flatMap { (0...Int(StoredNumber.maximum)).contains($0) ? $0 : nil }
    }

    /// The list of the backup in a folder; `nil` when there is none.
    static func read(from disk: any Disk) throws -> BackupList? {
        guard let file = try disk.openIfThere(name) else { return nil }
        return try BackupList(decoding: try file.read(at: 0, count: try file.size()))
    }
}

/// A file's place in a backup, and where it goes when it is restored.
///
///     seg/NAME.esg, seg/NAME.esg.N     store/seg/NAME.esg
///     state/N-MANIFEST                 store/MANIFEST
///     state/N-NAME.wal                 store/wal/NAME.wal
///     state/N-registry.sqlite          registry.sqlite
///     state/N-key-NAME                 keys/NAME
struct BackupPath {
    static let segments = "seg"
    static let state = "state"
    static let registry = "registry.sqlite"
    static let keyPrefix = "key-"

    /// Inside the data folder.
    let restored: String

    /// `nil` for what is no file of a backup: a list that somebody has made up must not write
    /// anywhere else.
    init?(_ path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[1].isEmpty, parts[1] != ".", parts[1] != ".." else {
            return nil
        }
        switch parts[0] {
        case BackupPath.segments:
            let words = parts[1].split(separator: ".")
            guard words.count == 2 || (words.count == 3 && Int(words[2]) != nil),
                words[1] == "esg"
            else { return nil }
            restored = "store/seg/\(words[0]).esg"
        case BackupPath.state:
            guard let dash = parts[1].firstIndex(of: "-"), Int(parts[1][..<dash]) != nil else {
                return nil
            }
            let name = String(parts[1][parts[1].index(after: dash)...])
            if name == Manifest.name {
                restored = "store/\(name)"
            } else if LogFile.firstLSN(name: name) != nil {
                restored = "store/wal/\(name)"
            } else if name == BackupPath.registry {
                restored = name
            } else if name.hasPrefix(BackupPath.keyPrefix), name.count > BackupPath.keyPrefix.count {
                let key = name.dropFirst(BackupPath.keyPrefix.count)
                guard key != ".", key != ".." else { return nil }
                restored = "keys/\(key)"
            } else {
                return nil
            }
        default: return nil
        }
    }
}
