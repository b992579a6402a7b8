//  ImportProgress.swift · earshot
//
//  How far an import has come, beside its file: FILE.earshot-progress. The import itself may be
//  repeated at will; this only saves its time.

import Foundation

/// Whatever of a file is known to be stored.
struct ImportProgress: Codable, Equatable {
    /// What the import is of and for; another one begins anew.
    struct Subject: Codable, Equatable {
        var url: String
        var size: Int
        var changed: Int
        var format: String
        var unit: String?
        var units: String?
    }

    var subject: Subject
    /// Bytes of the file.
    var offset = 0
    /// Rows of data.
    var rows = 0
    var tally = ImportTally()

    static func path(for file: String) -> String { file + ".earshot-progress" }

    /// - Returns: `nil` when there is none, or none of `subject`.
    static func read(for file: String, _ subject: Subject) -> ImportProgress? {
        let url = URL(filePath: path(for: file))
        guard let data = try? Data(contentsOf: url),
            let progress = try? JSONDecoder().decode(ImportProgress.self, from: data),
            progress.subject == subject
        else { return nil }
        return progress
    }

    /// - Returns: false when it cannot be written, which costs nothing but time.
    func write(for file: String) -> Bool {
        guard let data = try? JSONEncoder().encode(self) else { return false }
        let url = URL(filePath: ImportProgress.path(for: file))
        return (try? data.write(to: url, options: .atomic)) != nil
    }

    static func remove(for file: String) {
        try? FileManager.default.removeItem(atPath: path(for: file))
    }
}

/// What became of the rows of one request, or of all.
struct ImportTally: Codable, Equatable {
    struct Rejection: Codable, Equatable {
        var row: Int
        var reason: String
    }

    /// Rows that are named at most.
    static let namedMaximum = 1000

    var accepted = 0
    var duplicates = 0
    var conflicts = 0
    var rejected: [Rejection] = []
    var rejectedCount = 0

    enum CodingKeys: String, CodingKey {
        case accepted, duplicates, conflicts, rejected
        case rejectedCount = "rejected_count"
    }

    /// Adds what became of the rows behind the first `rows`.
    mutating func add(_ other: ImportTally, after rows: Int) {
        accepted += other.accepted
        duplicates += other.duplicates
        conflicts += other.conflicts
        rejectedCount += other.rejectedCount
        let room = ImportTally.namedMaximum - rejected.count
        rejected += other.rejected.prefix(room).map {
            Rejection(row: $0.row + rows, reason: $0.reason)
        }
    }
}
