//  Quarantine.swift · Store
//
//  What could not be used is moved here, never deleted, and what is missing because of it is
//  written down beside it, so that it is named after every restart until somebody has dealt with
//  it: removing a note is saying that one knows.
//
//      quarantine/1-20261123T0000-0000002a.esg           the file
//      quarantine/1-20261123T0000-0000002a.esg.damage    lines: file, kind, unit, from, to, detail

import Monitoring

/// The folder `quarantine/` of a store.
struct Quarantine: Sendable {
    static let folder = "quarantine"
    private static let suffix = ".damage"
    /// A note of more is no note of ours.
    private static let noteBytesMaximum = 1 << 20

    let disk: any Disk

    /// Moves a file here, under its own name or one with a number behind it.
    func setAside(_ path: String) throws(DiskError) {
        let base = Quarantine.base(path)
        let taken = Set(try disk.list(Quarantine.folder))
        let names = sequence(first: 0) { $0 + 1 }.lazy.map { $0 == 0 ? base : "\(base).\($0)" }
        let free = names.first { !taken.contains($0) }!
        try disk.rename(path, to: "\(Quarantine.folder)/\(free)")
        try disk.syncDirectory(Quarantine.folder)
        try disk.syncDirectory(Quarantine.parent(path))
    }

    /// Writes down what is missing. A note of the same name is replaced.
    /// - Parameter subject: the file that it is about, or another word.
    func note(_ damage: [Damage], about subject: String) throws(DiskError) {
        let name = Quarantine.base(subject) + Quarantine.suffix
        let temporary = "tmp/\(name)"
        try? disk.remove(temporary)
        let file = try disk.create(temporary)
        try file.append(DamageNote.encoded(damage))
        try file.sync()
        try disk.rename(temporary, to: "\(Quarantine.folder)/\(name)")
        try disk.syncDirectory(Quarantine.folder)
    }

    /// Takes a note back; no error when there is none.
    func forget(_ subject: String) {
        try? disk.remove("\(Quarantine.folder)/\(Quarantine.base(subject) + Quarantine.suffix)")
    }

    /// All that was written down, by the name of the note without its suffix.
    func notes() -> [(subject: String, damage: [Damage])] {
        let names = (try? disk.list(Quarantine.folder)) ?? []
        return names.filter { $0.hasSuffix(Quarantine.suffix) }.sorted().compactMap { name in
            guard let file = try? disk.open("\(Quarantine.folder)/\(name)"),
                let size = try? file.size(), size <= Quarantine.noteBytesMaximum,
                let bytes = try? file.read(at: 0, count: size)
            else { return nil }
            return (String(name.dropLast(Quarantine.suffix.count)), DamageNote.decoded(bytes))
        }
    }

    /// The names of the files themselves.
    func files() -> [String] {
        let names = (try? disk.list(Quarantine.folder)) ?? []
        return names.filter { !$0.hasSuffix(Quarantine.suffix) }.sorted()
    }

    private static func base(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    private static func parent(_ path: String) -> String {
        path.split(separator: "/").dropLast().joined(separator: "/")
    }
}

/// Damage as text: a line for each thing known of it, an empty line between two.
enum DamageNote {
    static func encoded(_ damage: [Damage]) -> [UInt8] {
        let parts = damage.map { one in
            let lines: [(String, String?)] = [
                ("file", one.file), ("kind", one.kind), ("unit", one.unit?.name),
                ("from", one.from?.description), ("to", one.to?.description),
                ("detail", one.detail),
            ]
            return lines.compactMap { key, value in value.map { "\(key) \(plain($0))\n" } }.joined()
        }
        return Array(parts.joined(separator: "\n").utf8)
    }

    /// What can be understood; lines that cannot are passed over.
    static func decoded(_ bytes: [UInt8]) -> [Damage] {
        let lines = String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        return lines.split(separator: "").compactMap { part in
            var values: [Substring: String] = [:]
            for line in part {
                let words = line.split(separator: " ", maxSplits: 1)
                if words.count == 2 { values[words[0]] = String(words[1]) }
            }
            guard let file = values["file"], let kind = values["kind"] else { return nil }
            return Damage(
                file: file, kind: kind, unit: values["unit"].flatMap { UnitID($0) },
                from: values["from"].flatMap { Timestamp(rfc3339: $0) },
                to: values["to"].flatMap { Timestamp(rfc3339: $0) },
                detail: values["detail"] ?? "")
        }
    }

    private static func plain(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }
}
