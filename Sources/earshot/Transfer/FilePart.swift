//  FilePart.swift · earshot
//
//  A large file goes to the service in several requests, each whole by itself, so that an import can
//  go on where it was interrupted. Parts end where a day of data ends, if that is near: the service
//  then writes each day once.
//
//      file   header ├── day ──┼── day ──┼── day ──┼── day ──┼─ …
//      parts  header │◀── at least `leastBytes` ──▶│
//      parts  header                               │◀── …

/// A piece of a file that is a body of its own.
struct FilePart: Equatable {
    /// With the file's header.
    let body: [UInt8]
    /// Rows of data in it.
    let rowCount: Int
    /// Where it ends in the file.
    let end: Int
}

/// Cuts a file into parts.
struct FileCutter {
    /// Cut points of a file, in bytes of its data.
    struct Bounds {
        /// A part ends with its day when it has so much.
        var leastBytes = 16 << 20
        /// And here at the latest, with a row.
        var mostBytes = 32 << 20
    }

    enum Fault: Error, Equatable {
        case noHeader
        case longLine
        /// The binary format: what is announced is not what is there.
        case wrongLength(announced: Int, found: Int)
    }

    private let format: FrameFormat
    private let bounds: Bounds
    private let read: (Int) throws -> [UInt8]
    private var header: [UInt8] = []
    private var dayColumn = 0
    /// Read and not yet given.
    private var waiting: [UInt8] = []
    /// Where `waiting` begins in the file.
    private(set) var offset = 0
    private var isAtEnd = false
    private var announced = 0
    private var given = 0

    /// - Parameters:
    ///   - beginning: the file's first bytes, if some were read already.
    ///   - start: where to go on in the file, behind an earlier part; 0 for all of it.
    ///   - read: gives the next bytes, at most so many; none at the end.
    init(
        _ format: FrameFormat, beginning: [UInt8] = [], from start: Int = 0,
        bounds: Bounds = Bounds(), read: @escaping (Int) throws -> [UInt8]
    ) throws {
        self.format = format
        self.bounds = bounds
        self.read = read
        waiting = beginning
        try takeHeader()
        while offset < start {
            if waiting.isEmpty { try fill(to: min(start - offset, 1 << 20)) }
            guard !waiting.isEmpty else { return }
            drop(min(waiting.count, start - offset))
        }
        if format == .binary, start > 0 {
            given = (offset - FrameBatch.headerBytes) / FrameBatch.recordBytes
        }
    }

    /// The next part; `nil` at the end.
    mutating func next() throws -> FilePart? {
        try fill(to: bounds.mostBytes + 1)
        guard !waiting.isEmpty else {
            if format == .binary, given != announced {
                throw Fault.wrongLength(announced: announced, found: given)
            }
            return nil
        }
        let (length, rows) = format == .binary ? try cutRecords() : try cutLines()
        let head =
            format == .binary ? FrameBatch.header(count: UInt32(rows)) : header
        let part = FilePart(
            body: head + waiting[..<length], rowCount: rows, end: offset + length)
        drop(length)
        return part
    }

    private mutating func fill(to count: Int) throws {
        while !isAtEnd, waiting.count < count {
            let bytes = try read(count - waiting.count)
            if bytes.isEmpty { isAtEnd = true }
            waiting += bytes
        }
    }

    private mutating func drop(_ count: Int) {
        waiting.removeFirst(count)
        offset += count
    }
}

// MARK: - Headers

extension FileCutter {
    private mutating func takeHeader() throws {
        switch format {
        case .ndjson: return
        case .binary:
            try fill(to: FrameBatch.headerBytes)
            guard let count = FrameBatch.count(waiting) else { throw Fault.noHeader }
            announced = Int(count)
            drop(FrameBatch.headerBytes)
        case .csv:
            // Blank lines before the header go.
            while header.isEmpty {
                guard let end = try lineEnd() else { throw Fault.noHeader }
                if !FileCutter.isBlank(waiting[..<end]) { header = Array(waiting[..<end]) }
                drop(end)
            }
            if header.last != UInt8(ascii: "\n") { header.append(UInt8(ascii: "\n")) }
            let names = String(decoding: header, as: UTF8.self).lowercased()
                .filter { !" \t\r\n\"\u{FEFF}".contains($0) }
                .split(separator: ",", omittingEmptySubsequences: false)
            dayColumn = names.firstIndex(of: "t") ?? 0
        }
    }

    /// Where the first line ends, its line feed included; `nil` without one.
    private mutating func lineEnd() throws -> Int? {
        try fill(to: 64 << 10)
        if let feed = waiting.firstIndex(of: UInt8(ascii: "\n")) { return feed + 1 }
        return waiting.isEmpty || !isAtEnd ? nil : waiting.count
    }
}

// MARK: - Cuts

extension FileCutter {
    private mutating func cutRecords() throws -> (length: Int, rows: Int) {
        let size = FrameBatch.recordBytes
        let whole = waiting.count / size
        guard whole > 0, given + whole <= announced else {
            throw Fault.wrongLength(announced: announced, found: given + whole)
        }
        func day(_ index: Int) -> Int64 {
            let time = (0..<8).reduce(Int64(0)) {
                $0 | Int64(waiting[index * size + $1]) << (Int64($1) * 8)
            }
            return time / 86_400_000
        }
        var rows = whole
        if !isAtEnd || waiting.count > bounds.mostBytes {
            rows = max(1, bounds.mostBytes / size)
            let least = max(1, bounds.leastBytes / size)
            for index in least..<max(least, rows) where day(index) != day(index - 1) {
                rows = index
                break
            }
        }
        given += rows
        return (rows * size, rows)
    }

    private func cutLines() throws -> (length: Int, rows: Int) {
        var begin = 0
        var rows = 0
        var lastDay: [UInt8]?
        while begin < waiting.count {
            let feed = waiting[begin...].firstIndex(of: UInt8(ascii: "\n"))
            guard let end = feed.map({ $0 + 1 }) ?? (isAtEnd ? waiting.count : nil) else { break }
            let line = waiting[begin..<end]
            if end > bounds.mostBytes, begin > 0 { break }
            let isBlank = FileCutter.isBlank(line)
            if begin >= bounds.leastBytes, !isBlank {
                let day = day(of: line)
                if let lastDay, lastDay != day { break }
                lastDay = day
            }
            if !isBlank { rows += 1 }
            begin = end
        }
        guard begin > 0 else { throw Fault.longLine }
        return (begin, rows)
    }

    /// As the service sees it.
    private static func isBlank(_ line: ArraySlice<UInt8>) -> Bool {
        line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
    }

    /// What is the same for all times of a day, more or less: a date, or a number of days.
    private func day(of line: ArraySlice<UInt8>) -> [UInt8] {
        let text: ArraySlice<UInt8>
        if format == .csv {
            let fields = line.split(
                separator: UInt8(ascii: ","), maxSplits: dayColumn + 1,
                omittingEmptySubsequences: false)
            guard dayColumn < fields.count else { return [] }
            text = fields[dayColumn]
        } else {
            let key = Array("\"t\"".utf8)
            guard let found = line.firstRange(of: key) else { return [] }
            text = line[found.upperBound...]
        }
        let begin = text.drop { !(48...57).contains($0) }
        let digits = begin.prefix { (48...57).contains($0) }
        if digits.count >= 9, let time = Int64(String(decoding: digits, as: UTF8.self)) {
            return Array("\(time / 86_400_000)".utf8)
        }
        return Array(begin.prefix(10))
    }
}
