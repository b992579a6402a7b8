//  RawPayload.swift · Simulator
//
//  The line that a meter answers to `DOD?`: four channels of 16 fields. Levels are right-aligned
//  in five characters, a missing one is ` -.-`, the first field has lost its leading blank:
//
//      52.2, 56.7, 64.5, …,100.3, …, 53.2,0,0, -.-, -.-, …,0,0, …
//      └ Lp  └ Leq └ LE              over┘ └under, then channels 2 to 4, which measure nothing

/// Text of meter displays.
enum RawPayload {
    /// Appends the whole line; fields of `blank` are five blanks.
    static func append(
        _ reading: MeterReading, blank: [MeterReading.Field] = [], to bytes: inout [UInt8]
    ) {
        for field in MeterReading.Field.allCases {
            let first = field.rawValue == 0
            if !first { bytes.append(UInt8(ascii: ",")) }
            if !blank.isEmpty, blank.contains(field) {
                bytes += "     ".utf8
            } else if let tenths = reading[field] {
                if !first { bytes += repeatElement(UInt8(ascii: " "), count: 5 - width(tenths)) }
                appendLevel(tenths, to: &bytes)
            } else {
                bytes += first ? "-.-".utf8 : " -.-".utf8
            }
        }
        bytes += [UInt8(ascii: ","), UInt8(ascii: reading.isOver ? "1" : "0")]
        bytes += [UInt8(ascii: ","), UInt8(ascii: reading.isUnder ? "1" : "0")]
        bytes += silentChannels
    }

    /// Appends tenths of a decibel as the meter prints them: `56.7`, `-0.3`.
    static func appendLevel(_ tenths: Int16, to bytes: inout [UInt8]) {
        var value = Int(tenths)
        if value < 0 {
            bytes.append(UInt8(ascii: "-"))
            value = -value
        }
        if value >= 1000 { bytes.append(48 + UInt8(value / 1000 % 10)) }
        if value >= 100 { bytes.append(48 + UInt8(value / 100 % 10)) }
        bytes.append(48 + UInt8(value / 10 % 10))
        bytes.append(UInt8(ascii: "."))
        bytes.append(48 + UInt8(value % 10))
    }

    /// Characters of a level: 3 … 5 for −99.9 … 999.9 dB, all that is ever displayed.
    private static func width(_ tenths: Int16) -> Int {
        let magnitude = abs(Int(tenths))
        return (magnitude >= 1000 ? 5 : magnitude >= 100 ? 4 : 3) + (tenths < 0 ? 1 : 0)
    }

    private static let silentChannels: [UInt8] = {
        let channel = String(repeating: ", -.-", count: 14) + ",0,0"
        return Array(String(repeating: channel, count: 3).utf8)
    }()
}
