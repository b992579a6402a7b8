//  SimulatedClockTests.swift · SimulatorTests

import Monitoring
import Testing

@testable import Simulator

@Suite struct `A simulated clock` {
    private let origin = Timestamp(milliseconds: 1_795_451_711_000)

    @Test(arguments: [1.0, 2.5, 1000, 10_000])
    func `runs as fast as it is told`(speed: Double) {
        let clock = SimulatedClock(origin: origin, speed: speed)
        #expect(clock.time(at: origin) == UpstreamTime(origin))
        let shown = clock.time(at: origin.advanced(byMilliseconds: 400))
        #expect(shown.microseconds(since: UpstreamTime(origin)) == Int64(speed * 400_000))
    }

    @Test func `never goes back before its start`() {
        let clock = SimulatedClock(origin: origin, speed: 10)
        #expect(clock.time(at: origin.advanced(byMilliseconds: -5000)) == UpstreamTime(origin))
    }

    @Test func `that began in the past catches up, and goes on with real time`() {
        let clock = SimulatedClock(
            origin: origin, start: origin.advanced(byMilliseconds: -3_600_000), speed: 61)
        let before = origin.advanced(byMilliseconds: 59_000)
        #expect(
            clock.time(at: before).microseconds(since: UpstreamTime(before)) == -60_000_000)
        let after = origin.advanced(byMilliseconds: 61_000)
        #expect(clock.time(at: after) == UpstreamTime(after))
    }

    @Test(arguments: [2.0, 1000, 10_000])
    func `meets real time when the day is over, and stays with it`(speed: Double) {
        let clock = SimulatedClock(
            origin: origin, catchingUpAfterSeconds: 86_399, speed: speed)
        // The day's last second, and the real time at which it is played.
        let last = UpstreamTime(clock.start).advanced(byMicroseconds: 86_399_000_000)
        let meeting = origin.advanced(byMilliseconds: Int64(86_399_000 / speed))
        #expect(abs(last.microseconds(since: UpstreamTime(meeting))) <= 2000)
        #expect(abs(clock.time(at: meeting).microseconds(since: last)) <= Int64(speed * 1000))
        // Half-way it is still in the past; an hour later it is the real clock.
        let halfway = origin.advanced(byMilliseconds: Int64(86_399_000 / speed / 2))
        #expect(clock.time(at: halfway) < UpstreamTime(halfway))
        let later = meeting.advanced(byMilliseconds: 3_600_000)
        #expect(clock.time(at: later) == UpstreamTime(later))
    }
}
