//  SimulatedClock.swift · Simulator
//
//  Real time in, simulated time out. A play that begins in the past catches up with real time and
//  then stays with it; one that begins now runs ahead, into the future:
//
//      simulated
//         │              ╱  as real time, once it has caught up
//         │            ╱
//         │           │  slope = speed
//         │           │
//         └───────────┴──────────▶ real
//                  origin

import Monitoring

/// A clock that runs `speed` times as fast as the real one. Pure.
struct SimulatedClock: Sendable {
    /// The real instant at which it shows `start`.
    let origin: Timestamp
    let start: Timestamp
    /// 1 … 10,000.
    let speed: Double
    /// It began in the past: it never overtakes the real clock, but goes on with it once it has
    /// caught up.
    var meetsRealTime: Bool { start < origin }

    /// Speeds that make sense: slower than real is of no use, and 10,000 plays a day in 9 s.
    static let speeds: ClosedRange<Double> = 1...10_000

    /// A clock that shows `start` (default: real time) at `origin`.
    init(origin: Timestamp, start: Timestamp? = nil, speed: Double) {
        precondition(SimulatedClock.speeds.contains(speed))
        self.origin = origin
        self.start = start ?? origin
        self.speed = speed
    }

    /// A clock that begins so far in the past that, `seconds` later by its own account, it shows
    /// real time, and is real time from then on.
    init(origin: Timestamp, catchingUpAfterSeconds seconds: Int, speed: Double) {
        precondition(SimulatedClock.speeds.contains(speed))
        self.origin = origin
        self.speed = speed
        let behind = Double(seconds) * 1000 * (1 - 1 / speed)
        start = origin.advanced(byMilliseconds: -Int64(behind.rounded(.down)))
    }

    /// The simulated time at the real instant `now`; never before ``start``.
    func time(at now: Timestamp) -> UpstreamTime {
        let elapsed = Double(max(0, now.milliseconds(since: origin)))
        let shown = UpstreamTime(start)
            .advanced(byMicroseconds: Int64((elapsed * speed * 1000).rounded(.down)))
        return meetsRealTime ? max(UpstreamTime(start), min(shown, UpstreamTime(now))) : shown
    }
}
