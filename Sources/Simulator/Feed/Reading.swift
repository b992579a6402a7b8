//  Reading.swift · Simulator
//
//  One poll of one meter by the upstream: the row that `/status` answers.

/// The outcome of a poll.
struct Reading: Hashable, Sendable {
    /// The upstream's clock when the poll returned.
    let time: UpstreamTime
    let values: MeterReading
    /// What the upstream believes of the measurement; see ``UnitFeed`` for when it is wrong.
    let isMeasuring: Bool
    /// When the upstream saw the measurement begin; `nil` while it is stopped.
    let measurementStart: UpstreamTime?

    /// `Start` or `Stop`.
    var stateText: String { isMeasuring ? "Start" : "Stop" }

    /// A level as `/status` and `/live` answer it; `-.-` where the meter shows none.
    func text(_ field: MeterReading.Field) -> String {
        guard let tenths = values[field] else { return "-.-" }
        var bytes: [UInt8] = []
        RawPayload.appendLevel(tenths, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The whole DOD line.
    var rawPayload: String {
        var bytes: [UInt8] = []
        RawPayload.append(values, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
