//  SLMMReading.swift · Ingest
//
//  One reading as SLMM 0.4.0 tells it, in `/status` and in `/monitor` frames alike. Only the
//  fields named here are ever looked at; everything else ends in this file.
//
//      raw_payload   Lp,Leq,LE,Lmax,Lmin,LN1,LN2,LN3,LN4,LN5,Lpeak,LIeq,Leq_mov,Ltm5,over,under, …
//      position      0  1   2  3    4    5   6                10                    14   15

import JSON
import Monitoring

/// One reading of one meter, before it is known what the readings before it were.
struct SLMMReading: Hashable, Sendable {
    /// The upstream's wall clock when the meter had answered.
    var time: Timestamp
    var levels: Levels
    /// ``FrameState/over`` and ``FrameState/under`` only.
    var flags: FrameState
    var word: MeasuringWord
    /// When the upstream saw the measurement begin.
    var measurementStart: Timestamp?
    /// LE, the sound exposure level since the measurement began: it only rises, so that its fall
    /// shows a reset. Looked at, never stored.
    var exposure: Level?
    /// What was wrong with the text of it.
    var faults: Set<FaultReason> = []
}

/// What a reading says of the measurement.
enum MeasuringWord: Hashable, Sendable {
    case measuring, stopped
    /// `Measure`: what the upstream says on its stream, and also when it asked the meter for its
    /// state and got no answer. So it does not start a meter that had stopped.
    case presumed
    /// `unknown`, garbled or missing: the last good word holds.
    case unclear

    init(_ text: String?) {
        switch text {
        case "Start": self = .measuring
        case "Measure": self = .presumed
        case "Stop": self = .stopped
        default: self = .unclear
        }
    }

    /// Whether `text` is none of the upstream's words.
    static func isGarbled(_ text: String?) -> Bool {
        text != nil && text != "unknown" && MeasuringWord(text) == .unclear
    }
}

extension SLMMReading {
    /// - Parameters:
    ///   - fields: the object that holds the levels: `data` of `/status`, or a whole frame.
    ///   - timeKey: `last_seen` or `timestamp`.
    /// - Returns: `nil` when the time is missing or not one: such a reading has no place.
    init?(_ fields: JSONValue, timeKey: String) {
        guard let time = fields.upstreamTime(timeKey) else { return nil }
        self.time = time
        measurementStart = fields.upstreamTime("measurement_start_time")
        let text = fields["measurement_state"]?.string
        word = MeasuringWord(text)
        var reader = LevelReader()
        if let payload = fields["raw_payload"]?.string, let line = DisplayLine(payload) {
            levels = line.levels(&reader)
            exposure = line.exposure(&reader)
            flags = line.flags
            if line.hasBlank { reader.faults.insert(.shiftedFields) }
        } else {
            // Without the meter's line the names are all there is. Where that line has a blank
            // field, the names after it are false, and only the first is certain.
            let isShifted = fields["raw_payload"]?.string.map(DisplayLine.hasBlank) ?? false
            if isShifted { reader.faults.insert(.shiftedFields) }
            levels = Levels()
            flags = []
            for metric in isShifted ? [.lp] : Metric.allCases {
                levels[metric] = reader.level(fields[metric.name]?.string)
            }
        }
        faults = reader.faults
        if MeasuringWord.isGarbled(text) { faults.insert(.garbledState) }
    }
}

/// Reads levels, and remembers what was wrong with those that are none.
struct LevelReader {
    var faults: Set<FaultReason> = []

    /// - Returns: `nil` for a level that is missing (`-.-`, blank, null) or garbled.
    mutating func level(_ text: (some StringProtocol)?) -> Level? {
        guard let text else {
            faults.insert(.missingLevel)
            return nil
        }
        if let level = Level(displayed: text) { return level }
        let isMissing = text.utf8.allSatisfy {
            $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
        faults.insert(isMissing ? .missingLevel : .garbledLevel)
        return nil
    }
}

extension JSONValue {
    /// A time as the upstream writes it: UTC without a zone, with or without a fraction.
    func upstreamTime(_ key: String) -> Timestamp? {
        self[key]?.string.flatMap { Timestamp(rfc3339: $0, withoutZone: .utc) }
    }
}

/// The meter's own answer to `DOD?`, its displayed data: 64 fields, 16 for each of four channels,
/// of which the first is the main one.
///
/// It is read by position because the upstream drops blank fields before it names them, so that
/// a blank shifts all names that follow. Blanks keep their place here.
private struct DisplayLine {
    /// The main channel's fields, and the rest in one piece.
    private let fields: [Substring]

    private static let fieldCount = 64
    private static let positions: [(Metric, Int)] = [
        (.lp, 0), (.leq, 1), (.lmax, 3), (.lmin, 4), (.ln1, 5), (.ln2, 6), (.lpeak, 10),
    ]
    private static let exposurePosition = 2
    private static let overPosition = 14
    private static let underPosition = 15
    private static let comma = UInt8(ascii: ",")

    /// - Returns: `nil` when `text` is not such an answer (the `DRD?` stream's has nine fields).
    init?(_ text: String) {
        let bytes = text.utf8
        var commaCount = 0
        for byte in bytes where byte == DisplayLine.comma { commaCount += 1 }
        guard commaCount == DisplayLine.fieldCount - 1 else { return nil }
        // Only the main channel is cut up; the rest stays as it came.
        fields = bytes.split(
            separator: DisplayLine.comma, maxSplits: DisplayLine.underPosition + 1,
            omittingEmptySubsequences: false
        ).map { Substring($0) }
    }

    func levels(_ reader: inout LevelReader) -> Levels {
        var levels = Levels()
        for (metric, position) in DisplayLine.positions {
            levels[metric] = reader.level(fields[position])
        }
        return levels
    }

    func exposure(_ reader: inout LevelReader) -> Level? {
        reader.level(fields[DisplayLine.exposurePosition])
    }

    var flags: FrameState {
        var flags: FrameState = []
        if DisplayLine.isSet(fields[DisplayLine.overPosition]) { flags.insert(.over) }
        if DisplayLine.isSet(fields[DisplayLine.underPosition]) { flags.insert(.under) }
        return flags
    }

    /// Whether a blank field made the upstream shift the names.
    var hasBlank: Bool {
        fields.prefix(DisplayLine.underPosition + 1).contains(where: DisplayLine.isBlank)
    }

    /// The same of a line that is not whole.
    static func hasBlank(_ text: String) -> Bool {
        text.utf8.split(separator: comma, omittingEmptySubsequences: false)
            .contains { isBlank(Substring($0)) }
    }

    private static func isBlank(_ field: Substring) -> Bool {
        field.utf8.allSatisfy { $0 == UInt8(ascii: " ") }
    }

    private static func isSet(_ field: Substring) -> Bool {
        field.utf8.contains(UInt8(ascii: "1"))
            && field.utf8.allSatisfy { $0 == UInt8(ascii: "1") || $0 == UInt8(ascii: " ") }
    }
}
