//  Reading.swift · Simulator
//
//  One poll of one meter by the upstream: the row that `/status` answers.

/// The outcome of a poll.
struct Reading: Hashable, Sendable {
    /// How the meter's line arrived.
    enum Display: Sendable {
        case whole
        /// The second and the third field are blank. The upstream drops blank fields before it
        /// gives the others their names, so that these stand under wrong ones.
        case blank
        case garbled
    }
    /// How the word for the measurement's state arrived.
    enum StateWord: Sendable {
        case usual
        /// The state could not be read: the upstream assumes a measurement, by another word.
        case measure
        /// Told as it is in frames and `/live`; the cache row keeps the last good one.
        case garbled
    }

    /// The upstream's clock when the poll returned.
    let time: UpstreamTime
    let values: MeterReading
    /// What the upstream believes of the measurement; see ``UnitFeed`` for when it is wrong.
    let isMeasuring: Bool
    /// When the upstream saw the measurement begin; `nil` while it is stopped.
    let measurementStart: UpstreamTime?
    var display = Display.whole
    var stateWord = StateWord.usual

    /// `Start`, `Measure` or `Stop`: the cache row's.
    var stateText: String {
        isMeasuring ? (stateWord == .measure ? "Measure" : "Start") : "Stop"
    }

    /// The word in frames and `/live`.
    var rawStateText: String { stateWord == .garbled ? "0.0, 51.2" : stateText }

    /// A named level as it is answered; `-.-` where the meter shows none, `nil` where the line
    /// has no such field.
    func text(_ field: MeterReading.Field) -> String? {
        switch display {
        case .whole: Reading.text(values[field])
        case .blank:
            field == .lp
                ? Reading.text(values[.lp])
                : MeterReading.Field(rawValue: field.rawValue + 2).map { Reading.text(values[$0]) }
        case .garbled: field == .lp ? "Sta" : field == .leq ? "?? 53.3" : nil
        }
    }

    /// A level in tenths as the upstream writes it.
    static func text(_ tenths: Int16?) -> String {
        guard let tenths else { return "-.-" }
        var bytes: [UInt8] = []
        RawPayload.appendLevel(tenths, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The whole DOD line.
    var rawPayload: String {
        var bytes: [UInt8] = []
        appendRawPayload(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    func appendRawPayload(to bytes: inout [UInt8]) {
        switch display {
        case .whole: RawPayload.append(values, to: &bytes)
        case .blank:
            RawPayload.append(values, blank: [.leq, .soundExposure], to: &bytes)
        case .garbled: bytes += "Sta,?? 53.3,,R+00".utf8
        }
    }
}
