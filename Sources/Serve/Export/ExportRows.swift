//  ExportRows.swift · Serve
//
//  Frames as rows of an export, in each format. What is written here, an import reads back: CSV and
//  NDJSON without loss, records without start, and with less of the state (`docs/api.md`).

import Monitoring
import NIOCore

/// Writes frames of one unit in one format.
struct ExportRows {
    enum Format: String, CaseIterable {
        case csv, ndjson
        case records = "binary"

        var contentType: String {
            switch self {
            case .csv: "text/csv; charset=utf-8"
            case .ndjson: "application/x-ndjson"
            case .records: ImportQuery.Format.records.rawValue
            }
        }

        /// The end of a file's name.
        var fileExtension: String { self == .records ? "esframes" : rawValue }
    }

    /// Rows that go into one buffer.
    static let rowsTogether = 1000
    /// More than any row has: ids have up to 128 bytes.
    private static let rowBytes = 512

    private let format: Format
    private let unit: [UInt8]
    private let number: UInt16
    private var date = DateText()
    private var startText: (start: Timestamp, text: [UInt8])?

    /// - Parameter number: what stands for the unit in records.
    init(_ format: Format, of unit: UnitID, number: UInt16) {
        self.format = format
        self.unit = Array(unit.name.utf8)
        self.number = number
    }

    /// What comes before all rows.
    ///
    /// - Parameter count: of all frames; only records need it.
    static func header(_ format: Format, count: Int) -> ByteBuffer {
        switch format {
        case .csv:
            return ByteBuffer(string: FrameField.all.map(\.name).joined(separator: ",") + "\n")
        case .ndjson:
            return ByteBuffer()
        case .records:
            var header = ByteBuffer(bytes: RecordReader.magic)
            header.writeInteger(UInt32(1), endianness: .little)
            header.writeInteger(UInt32(count), endianness: .little)
            return header
        }
    }

    /// The rows of the frames whose indexes are in `range`.
    mutating func rows(_ columns: FrameColumns, _ range: Range<Int>) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeWithUnsafeMutableBytes(
            minimumWritableBytes: range.count * ExportRows.rowBytes
        ) { memory in
            var text = RowText(memory)
            for index in range {
                switch format {
                case .csv: csv(columns, index, &text)
                case .ndjson: line(columns, index, &text)
                case .records: ExportRows.record(columns, index, number, &text)
                }
            }
            return text.count
        }
        return buffer
    }

    private mutating func start(of index: Int, in columns: FrameColumns) -> [UInt8]? {
        guard let start = columns.run(at: index).start else { return nil }
        if let startText, startText.start == start { return startText.text }
        let text = Array(start.description.utf8)
        startText = (start, text)
        return text
    }
}

// MARK: - Formats

extension ExportRows {
    private mutating func csv(_ columns: FrameColumns, _ index: Int, _ text: inout RowText) {
        text.time(columns.times[index], &date)
        text.byte(UInt8(ascii: ","))
        text.bytes(unit)
        for metric in 0..<columns.levels.count {
            text.byte(UInt8(ascii: ","))
            let value = columns.levels[metric][index]
            if value != Levels.none { text.level(value) }
        }
        let state = FrameState(rawValue: columns.states[index])
        text.byte(UInt8(ascii: ","))
        text.word(state.word)
        text.byte(UInt8(ascii: ","))
        if let range = state.rangeWord { text.word(range) }
        text.byte(UInt8(ascii: ","))
        text.word(state.originWord)
        text.byte(UInt8(ascii: ","))
        if let start = start(of: index, in: columns) { text.bytes(start) }
        text.byte(UInt8(ascii: "\n"))
    }

    private mutating func line(_ columns: FrameColumns, _ index: Int, _ text: inout RowText) {
        text.word("{\"t\":\"")
        text.time(columns.times[index], &date)
        text.word("\",\"unit\":\"")
        text.bytes(unit)
        text.byte(UInt8(ascii: "\""))
        for metric in 0..<columns.levels.count {
            text.word(ExportRows.keys[metric])
            let value = columns.levels[metric][index]
            if value == Levels.none { text.word("null") } else { text.level(value) }
        }
        let state = FrameState(rawValue: columns.states[index])
        text.word(",\"state\":\"")
        text.word(state.word)
        if let range = state.rangeWord {
            text.word("\",\"range\":\"")
            text.word(range)
        }
        text.word("\",\"origin\":\"")
        text.word(state.originWord)
        text.word("\",\"start\":")
        if let start = start(of: index, in: columns) {
            text.byte(UInt8(ascii: "\""))
            text.bytes(start)
            text.word("\"}\n")
        } else {
            text.word("null}\n")
        }
    }

    private static let keys: [StaticString] = [
        ",\"lp\":", ",\"leq\":", ",\"lmax\":", ",\"lmin\":", ",\"lpeak\":", ",\"ln1\":", ",\"ln2\":",
    ]

    private static func record(
        _ columns: FrameColumns, _ index: Int, _ number: UInt16, _ text: inout RowText
    ) {
        func write(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { for byte in $0 { text.byte(byte) } }
        }
        write(columns.times[index])
        write(number)
        write(FrameState(rawValue: columns.states[index]).number)
        write(UInt8(0))
        for metric in 0..<columns.levels.count { write(columns.levels[metric][index]) }
        write(Int16(0))
    }
}

extension FrameState {
    fileprivate var word: StaticString { contains(.measuring) ? "measuring" : "stopped" }

    fileprivate var rangeWord: StaticString? {
        switch (contains(.over), contains(.under)) {
        case (true, true): "over under"
        case (true, false): "over"
        case (false, true): "under"
        case (false, false): nil
        }
    }

    fileprivate var originWord: StaticString {
        switch origin {
        case .live: "live"
        case .late: "late"
        case .imported: "imported"
        case .trail: "trail"
        }
    }

    /// As records have it.
    fileprivate var number: UInt8 {
        contains(.measuring) ? contains(.over) ? 2 : 1 : 0
    }
}
