//  RecordReader.swift · Serve
//
//  `application/vnd.earshot.frames`, little-endian:
//
//      0   "ESFRAMES"   u32 version 1   u32 count     16 bytes
//      16  count records of 28 bytes:
//          i64 time | u16 unit | u8 state | u8 0 | i16 lp leq lmax lmin lpeak ln1 ln2 | i16 0
//
//  A level is in tenths of a decibel, Int16.min is no value. State: 0 stopped, 1 measuring,
//  2 measuring and overloaded.

import HTTPTypes
import Monitoring

/// Reads frames as records.
struct RecordReader: FrameReader {
    typealias Bytes = UnsafeRawBufferPointer

    static let magic: [UInt8] = Array("ESFRAMES".utf8)
    static let headerBytes = 16
    static let recordBytes = 28

    /// Whose frames the numbers in records are.
    enum Owner {
        /// All are of one unit: all have the same number, whichever.
        case lane(Int)
        case lanes([UInt16: Int])
    }

    private let intake: ImportIntake
    /// By a record's number: lane, or -1.
    private var lanes: [Int32]
    /// The lane of the first record's number, when the query names one unit.
    private var onlyLane: Int?
    /// How many bytes the body will have, if it was said.
    private let length: Int?
    /// What the header says; `nil` before it.
    private var count: Int?
    private var number = 0
    /// The beginning of a header or record whose rest is in the next chunk.
    private var carried: [UInt8] = []

    /// - Parameter length: the Content-Length of the body.
    init(owner: Owner, length: Int?, intake: ImportIntake) {
        self.intake = intake
        self.length = length
        lanes = Array(repeating: -1, count: 1 << 16)
        switch owner {
        case .lane(let lane): onlyLane = lane
        case .lanes(let byNumber):
            for (number, lane) in byNumber { lanes[Int(number)] = Int32(lane) }
        }
    }

    mutating func read(_ chunk: Bytes) throws(Problem) {
        var rest = chunk
        while !rest.isEmpty {
            let unit = count == nil ? RecordReader.headerBytes : RecordReader.recordBytes
            if carried.isEmpty, count != nil, rest.count >= unit {
                let whole = rest.count / unit
                try readRecords(rest, whole)
                rest = Bytes(rebasing: rest[(whole * unit)...])
                continue
            }
            let missing = min(unit - carried.count, rest.count)
            carried += rest[..<missing]
            rest = Bytes(rebasing: rest[missing...])
            guard carried.count == unit else { return }
            var piece: [UInt8] = []
            swap(&piece, &carried)
            if count == nil { try readHeader(piece) } else { try readRecord(piece) }
        }
    }

    mutating func finish() throws(Problem) {
        guard let count else { throw .records("is shorter than its header") }
        guard carried.isEmpty else { throw .records("ends inside record \(number + 1)") }
        guard number == count else {
            throw .records("has \(number) records, and says that there are \(count)")
        }
    }

    private mutating func readHeader(_ header: [UInt8]) throws(Problem) {
        guard header.starts(with: RecordReader.magic) else {
            throw .records("does not begin with ESFRAMES")
        }
        let version = RecordReader.integer(header, 8)
        guard version == 1 else { throw .records("is of version \(version); 1 is known") }
        let said = Int(RecordReader.integer(header, 12))
        if let length, length != RecordReader.headerBytes + said * RecordReader.recordBytes {
            throw .records("says that there are \(said) records, which is not its length")
        }
        count = said
    }

    private static func integer(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (UInt32($1) * 8) }
    }

    private mutating func readRecord(_ record: [UInt8]) throws(Problem) {
        try record.withUnsafeBufferPointer { bytes throws(Problem) in
            try readRecords(Bytes(bytes), 1)
        }
    }
}

// MARK: - Records

extension RecordReader {
    private mutating func readRecords(_ bytes: Bytes, _ whole: Int) throws(Problem) {
        guard let count, number + whole <= count else {
            throw .records("has more than the \(count ?? 0) records that it says there are")
        }
        guard let base = bytes.baseAddress else { return }
        if let onlyLane, whole > 0 {
            let first = RecordReader.unit(base)
            lanes[first] = Int32(onlyLane)
            self.onlyLane = nil
        }
        var begin = 0
        while begin < whole {
            // Records of one unit that follow each other go together.
            let records = base + begin * RecordReader.recordBytes
            let unit = RecordReader.unit(records)
            var end = begin + 1
            while end < whole, RecordReader.unit(base + end * RecordReader.recordBytes) == unit {
                end += 1
            }
            let first = number + 1
            let lane = Int(lanes[unit])
            if lane < 0 {
                for index in 0..<(end - begin) {
                    intake.reject(first + index, "unit \(unit) is none that the query names")
                }
            } else {
                intake.take(records: records, count: end - begin, lane: lane) { index in
                    refuse(records + index * RecordReader.recordBytes, first + index)
                }
            }
            number += end - begin
            begin = end
        }
    }

    private static func unit(_ record: UnsafeRawPointer) -> Int {
        Int(UInt16(littleEndian: record.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
    }

    /// The flags of states 0, 1 and 2, a byte each.
    static let states: UInt32 = {
        let origin = FrameState.Origin.imported
        let flags: [FrameState] = [[], .measuring, [.measuring, .over]]
        return flags.enumerated().reduce(0) {
            $0 | UInt32($1.element.from(origin).rawValue) << (UInt32($1.offset) * 8)
        }
    }()

    /// `Levels.none`, without a call into another module.
    static let none = Int16.min

    /// Says what is wrong with a record.
    @inline(never)
    private func refuse(_ record: UnsafeRawPointer, _ number: Int) {
        let state = record.load(fromByteOffset: 10, as: UInt8.self)
        let spare = record.load(fromByteOffset: 11, as: UInt8.self)
        let end = record.loadUnaligned(fromByteOffset: 26, as: UInt16.self)
        let levels = Metric.allCases.map { metric in
            Int16(
                littleEndian: record.loadUnaligned(
                    fromByteOffset: 12 + metric.rawValue * 2, as: Int16.self))
        }
        let wrong = Metric.allCases.first {
            let level = levels[$0.rawValue]
            return level != Levels.none && !FieldReader.levels.contains(Int32(level))
        }
        if state > 2 {
            intake.reject(number, "state is \(state); there are 0, 1 and 2")
        } else if spare != 0 || end != 0 {
            intake.reject(number, "has something else than 0 in its spare bytes")
        } else if let wrong {
            intake.reject(number, "\(wrong.name) \(FieldReader.Fault.beyondLevels.words)")
        } else if levels.allSatisfy({ $0 == Levels.none }) {
            intake.reject(number, "has no level")
        } else {
            intake.rejectTime(
                Int64(littleEndian: record.loadUnaligned(as: Int64.self)), number)
        }
    }
}

extension Problem {
    fileprivate static func records(_ what: String) -> Problem {
        Problem(status: .badRequest, detail: "The body \(what). Nothing of it was stored.")
    }
}
