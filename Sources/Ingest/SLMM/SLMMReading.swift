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
}

/// What a reading says of the measurement.
enum MeasuringWord: Hashable, Sendable {
    case measuring, stopped
    /// `unknown`, garbled or missing: the last good word holds.
    case unclear

    init(_ text: String?) {
        switch text {
        case "Start", "Measure": self = .measuring
        case "Stop": self = .stopped
        default: self = .unclear
        }
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
        word = MeasuringWord(fields["measurement_state"]?.string)
        if let payload = fields["raw_payload"]?.string, let line = DisplayLine(payload) {
            levels = line.levels
            flags = line.flags
        } else {
            levels = Levels()
            flags = []
            for metric in Metric.allCases {
                levels[metric] = fields[metric.name]?.string.flatMap { Level(displayed: $0) }
            }
        }
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
    let levels: Levels
    let flags: FrameState

    private static let fieldCount = 64
    private static let positions: [(Metric, Int)] = [
        (.lp, 0), (.leq, 1), (.lmax, 3), (.lmin, 4), (.ln1, 5), (.ln2, 6), (.lpeak, 10),
    ]
    private static let overPosition = 14
    private static let underPosition = 15

    /// - Returns: `nil` when `text` is not such an answer (the `DRD?` stream's has nine fields).
    init?(_ text: String) {
        let bytes = text.utf8
        var commaCount = 0
        for byte in bytes where byte == UInt8(ascii: ",") { commaCount += 1 }
        guard commaCount == DisplayLine.fieldCount - 1 else { return nil }
        // Only the main channel is cut up; the rest stays as it came.
        let fields = bytes.split(
            separator: UInt8(ascii: ","), maxSplits: DisplayLine.underPosition + 1,
            omittingEmptySubsequences: false
        ).map { Substring($0) }
        var levels = Levels()
        for (metric, position) in DisplayLine.positions {
            levels[metric] = Level(displayed: fields[position])
        }
        self.levels = levels
        var flags: FrameState = []
        if DisplayLine.isSet(fields[DisplayLine.overPosition]) { flags.insert(.over) }
        if DisplayLine.isSet(fields[DisplayLine.underPosition]) { flags.insert(.under) }
        self.flags = flags
    }

    private static func isSet(_ field: Substring) -> Bool {
        field.utf8.contains(UInt8(ascii: "1"))
            && field.utf8.allSatisfy { $0 == UInt8(ascii: "1") || $0 == UInt8(ascii: " ") }
    }
}
