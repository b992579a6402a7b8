//  CellularMeter.swift · Ingest
//
//  What the polling of one meter by its upstream costs on the cellular line. The upstream does not
//  count it, so it is worked out from what goes over the line:
//
//      reading   ─▶ "DOD?"       6 B    ◀─ result code 8 B, line of 308 and CRLF   5 packets
//      state     ─▶ "Measure?"  10 B    ◀─ result code 8 B, "Start" and CRLF       5 packets
//
//  Each packet has 40 B of IPv4 and TCP headers; of the five, two carry nothing but an
//  acknowledgement. One connection is kept open. Lost packets are not counted.

import Monitoring

/// The estimate of one unit. Pure; times are durations on one monotonic clock.
struct CellularMeter: Hashable, Sendable {
    private static let packetBytes = 40
    /// `DOD?` and all that answers it.
    static let readingBytes = 6 + 8 + 308 + 2 + 5 * packetBytes
    /// `Measure?` and all that answers it.
    static let stateBytes = 10 + 8 + 7 + 5 * packetBytes
    /// Between two questions for the state, whatever the cadence.
    private static let stateIntervalSeconds = 30.0

    let since: Timestamp
    private var cadence: UnitFeed.Cadence?
    private var countedUntil: Duration
    private var bytes = 0.0

    init(since now: Moment) {
        since = now.date
        countedUntil = now.elapsed
    }

    /// - Parameter cadence: how the upstream polls the meter from now on; `nil` for not at all.
    mutating func set(_ cadence: UnitFeed.Cadence?, at now: Moment) {
        guard cadence != self.cadence else { return }
        bytes = bytes(until: now.elapsed)
        countedUntil = now.elapsed
        self.cadence = cadence
    }

    func estimate(at now: Moment) -> CellularEstimate {
        CellularEstimate(
            bytesPerDay: Int64(CellularMeter.bytesPerSecond(at: cadence) * 86_400),
            bytes: Int64(bytes(until: now.elapsed)), since: since)
    }

    private func bytes(until now: Duration) -> Double {
        bytes + CellularMeter.bytesPerSecond(at: cadence) * ((now - countedUntil) / .seconds(1))
    }

    static func bytesPerSecond(at cadence: UnitFeed.Cadence?) -> Double {
        guard let cadence else { return 0 }
        let readingSeconds =
            switch cadence {
            // 29 intervals of 1.03 s and one of 2.07 s, in which the state is asked for.
            case .full: (29 * 1.03 + 2.07) / 30
            case .idle: 10.0
            case .background: 30.0
            }
        return Double(readingBytes) / readingSeconds + Double(stateBytes) / stateIntervalSeconds
    }
}
