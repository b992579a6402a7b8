//  SimulatedClock.swift · Simulator
//
//  Real time in, simulated time out:
//
//      simulated                      ╱ 1×, once it has caught up (only with `meetsRealTime`)
//         │            ╱─────────────╱
//         │      ╱ slope = speed
//         └────┴────────────────────▶ real
//            origin

import Monitoring

/// A clock that runs `speed` times as fast as the real one. Pure.
struct SimulatedClock: Sendable {
    /// The real instant at which it shows `start`.
    let origin: Timestamp
    let start: Timestamp
    /// 1 … 10,000.
    let speed: Double
    /// It never overtakes the real clock, and goes on with it once it has caught up.
    let meetsRealTime: Bool

    /// Speeds that make sense: slower than real is of no use, and 10,000 plays a day in 9 s.
    static let speeds: ClosedRange<Double> = 1...10_000

    /// A clock that shows `start` (default: real time) at `origin` and never meets real time,
    /// unless its speed is 1.
    init(origin: Timestamp, start: Timestamp? = nil, speed: Double) {
        precondition(SimulatedClock.speeds.contains(speed))
        self.origin = origin
        self.start = start ?? origin
        self.speed = speed
        meetsRealTime = false
    }

    /// A clock that begins so far in the past that, `seconds` later by its own account, it shows
    /// real time, and is real time from then on.
    init(origin: Timestamp, catchingUpAfterSeconds seconds: Int, speed: Double) {
        precondition(SimulatedClock.speeds.contains(speed))
        self.origin = origin
        self.speed = speed
        let behind = Double(seconds) * 1000 * (1 - 1 / speed)
        start = origin.advanced(byMilliseconds: -Int64(behind.rounded(.down)))
        meetsRealTime = true
    }

    /// The simulated time at the real instant `now`; never before ``start``.
    func time(at now: Timestamp) -> UpstreamTime {
        let elapsed = Double(max(0, now.milliseconds(since: origin)))
        let shown = UpstreamTime(start)
            .advanced(byMicroseconds: Int64((elapsed * speed * 1000).rounded(.down)))
        return meetsRealTime ? max(UpstreamTime(start), min(shown, UpstreamTime(now))) : shown
    }
}
