//  ExportFile.swift · earshot
//
//  The file of an export: unit after unit, so that one that was interrupted tells by its last whole
//  row where to go on. A binary file has its number of records only when it is finished; until then
//  it announces none, and nothing imports it.

import Glibc
import Monitoring

/// A file that an export writes, or goes on with.
final class ExportFile {
    let name: String
    let format: FrameFormat
    private let units: [String]
    private let descriptor: Int32
    /// The unit to begin with.
    private(set) var firstUnit = 0
    /// From when on that unit is asked for.
    private var firstStart: String?
    /// In the file, and those of them that this session brought.
    private(set) var rows = 0
    private(set) var newRows = 0

    private var hasHeader = false
    /// Bytes of the answer so far, and the number of the unit that it is of.
    private var received = 0
    private var number: UInt16 = 0
    /// What of the answer's first line, or of a record, came so far.
    private var carried: [UInt8] = []
    private var skipsLine = false

    /// The header that the service writes.
    static let header = Array(
        "t,unit,lp,leq,lmax,lmin,lpeak,ln1,ln2,state,range,origin,start\n".utf8)

    /// - Throws: ``Failure``: 69 when the file cannot be written, 2 when it is there and should not
    ///   be gone on with, or is none of this export.
    init(_ name: String, _ format: FrameFormat, units: [String], resumes: Bool) throws {
        self.name = name
        self.format = format
        self.units = units
        descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw ExportFile.failure(name) }
        guard resumes || lseek(descriptor, 0, SEEK_END) <= 0 else {
            throw Failure(.usage, "\(name) is there already. Give another --output, or --resume.")
        }
        if resumes { try findEnd() }
    }

    deinit { close(descriptor) }

    /// From when on the unit of this index is asked for; `nil`: as the command says.
    func start(of index: Int) -> String? { index == firstUnit ? firstStart : nil }

    func begin(unit index: Int) {
        number = UInt16(clamping: index + 1)
        received = 0
        carried = []
        skipsLine = format == .csv && hasHeader
    }

    /// Takes the next bytes of an answer.
    func write(_ bytes: [UInt8]) throws {
        switch format {
        case .ndjson, .csv: try writeLines(bytes)
        case .binary: try writeRecords(bytes)
        }
    }

    func endUnit() throws {
        guard carried.isEmpty || skipsLine else {
            throw Failure(.failed, "The service's answer ended inside a row. Run it again.")
        }
    }

    /// All is there.
    func finish() throws {
        if format == .binary {
            guard let count = UInt32(exactly: rows) else {
                throw Failure(
                    .failed, "A binary file has at most \(UInt32.max) frames. Export it in parts.")
            }
            try put(FrameBatch.header(count: count), at: 0)
        }
        guard fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS else {
            throw ExportFile.failure(name)
        }
    }

    private static func failure(_ name: String) -> Failure {
        Failure(
            .unavailable,
            "\(name) cannot be written: \(String(cString: strerror(errno))). Give another --output.")
    }

    private func put(_ bytes: [UInt8], at offset: Int? = nil) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { rest in
                offset.map { pwrite(descriptor, rest.baseAddress, rest.count, $0 + done) }
                    ?? Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw ExportFile.failure(name)
            }
            done += count
        }
    }
}

// MARK: - Rows

extension ExportFile {
    private func writeLines(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        if skipsLine {
            guard let feed = rest.firstIndex(of: UInt8(ascii: "\n")) else { return }
            rest = rest[(feed + 1)...]
            skipsLine = false
        }
        try put(Array(rest))
        var lines = rest.count { $0 == UInt8(ascii: "\n") }
        if format == .csv, !hasHeader, lines > 0 {
            hasHeader = true
            lines -= 1
        }
        rows += lines
        newRows += lines
    }

    private func writeRecords(_ bytes: [UInt8]) throws {
        if !hasHeader {
            try put(FrameBatch.header(count: 0))
            hasHeader = true
        }
        let size = FrameBatch.recordBytes
        var rest = bytes[...]
        if received < FrameBatch.headerBytes {
            let header = rest.prefix(FrameBatch.headerBytes - received)
            received += header.count
            rest = rest.dropFirst(header.count)
        }
        received += rest.count
        var whole = carried + rest
        carried = Array(whole.suffix(whole.count % size))
        whole.removeLast(carried.count)
        for record in stride(from: 0, to: whole.count, by: size) {
            whole[record + FrameBatch.unitOffset] = UInt8(truncatingIfNeeded: number)
            whole[record + FrameBatch.unitOffset + 1] = UInt8(number >> 8)
        }
        try put(whole)
        rows += whole.count / size
        newRows += whole.count / size
    }
}

// MARK: - Going on

extension ExportFile {
    private func findEnd() throws {
        let size = Int(lseek(descriptor, 0, SEEK_END))
        guard size > 0 else { return }
        let end = try format == .binary ? findLastRecord(size) : findLastLine(size)
        guard ftruncate(descriptor, off_t(end)) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else {
            throw ExportFile.failure(name)
        }
    }

    private func findLastRecord(_ size: Int) throws -> Int {
        guard size >= FrameBatch.headerBytes else {
            let known = FrameBatch.header(count: 0).prefix(12)
            guard known.starts(with: try bytes(0, min(size, known.count))) else { throw foreign }
            return 0
        }
        guard FrameBatch.count(try bytes(0, FrameBatch.headerBytes)) != nil else { throw foreign }
        // Until it is finished it announces nothing.
        try put(FrameBatch.header(count: 0), at: 0)
        hasHeader = true
        rows = (size - FrameBatch.headerBytes) / FrameBatch.recordBytes
        let end = FrameBatch.headerBytes + rows * FrameBatch.recordBytes
        guard rows > 0 else { return end }
        let last = try bytes(end - FrameBatch.recordBytes, FrameBatch.recordBytes)
        let time = (0..<8).reduce(Int64(0)) { $0 | Int64(last[$1]) << (Int64($1) * 8) }
        firstUnit = Int(last[FrameBatch.unitOffset]) | Int(last[FrameBatch.unitOffset + 1]) << 8
        firstUnit -= 1
        guard units.indices.contains(firstUnit) else { throw foreign }
        firstStart = "\(time + 1)"
        return end
    }

    private func findLastLine(_ size: Int) throws -> Int {
        var begin = 0
        if format == .csv {
            let header = try bytes(0, ExportFile.header.count)
            guard header == ExportFile.header else {
                let isCut = header.count < ExportFile.header.count
                    && ExportFile.header.starts(with: header)
                guard isCut else { throw foreign }
                return 0
            }
            hasHeader = true
            begin = header.count
        } else {
            let first = Array("{\"t\":\"".utf8)
            guard first.starts(with: try bytes(0, min(size, first.count))) else { throw foreign }
        }
        // Rows are counted on the way; the last whole line is the last one that ends.
        var line: [UInt8] = []
        var last: [UInt8] = []
        var end = begin
        var offset = begin
        while offset < size {
            let block = try bytes(offset, min(1 << 20, size - offset))
            guard !block.isEmpty else { break }
            for piece in block.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            {
                line += piece
                guard piece.endIndex < block.count else { break }
                end += line.count + 1
                rows += 1
                swap(&last, &line)
                line.removeAll(keepingCapacity: true)
            }
            offset += block.count
        }
        guard rows > 0 else { return end }
        guard let (time, unit) = place(of: String(decoding: last, as: UTF8.self)),
            let index = units.firstIndex(of: unit)
        else { throw foreign }
        firstUnit = index
        firstStart = "\(time.milliseconds + 1)"
        return end
    }

    /// Time and unit of a row as the service writes it.
    private func place(of line: String) -> (Timestamp, String)? {
        let parts = line.split(separator: format == .csv ? "," : "\"", maxSplits: 8)
        if format == .csv {
            guard parts.count > 2, let time = Timestamp(rfc3339: parts[0]) else { return nil }
            return (time, String(parts[1]))
        }
        guard parts.count > 7, parts[1] == "t", let time = Timestamp(rfc3339: parts[3]),
            parts[5] == "unit"
        else { return nil }
        return (time, String(parts[7]))
    }

    private func bytes(_ offset: Int, _ count: Int) throws -> [UInt8] {
        let wanted = count
        var got = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
            got = pread(descriptor, buffer.baseAddress, wanted, off_t(offset))
            filled = max(0, got)
        }
        guard got >= 0 else { throw ExportFile.failure(name) }
        return bytes
    }

    private var foreign: Failure {
        Failure(
            .usage,
            "\(name) is no \(format.rawValue) export of these units, so it cannot be gone on with. "
                + "Give another --output, or the --unit it was made with.")
    }
}
