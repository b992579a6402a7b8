//  UnitIntakeTests.swift · IngestTests

import Monitoring
import Testing

@testable import Ingest

@Suite struct `The intake of a unit` {
    private let now = Moment(date: Timestamp(milliseconds: 1000), elapsed: .seconds(1))
    private let unit = UnitID("nl43-0")!

    private func reading(
        _ milliseconds: Int64, _ values: String, _ word: MeasuringWord = .measuring
    ) -> SLMMReading {
        SLMMReading(
            time: Timestamp(milliseconds: milliseconds), levels: levels(values), flags: [],
            word: word, measurementStart: Timestamp(milliseconds: 7))
    }

    private func frames(_ observations: [Observation]) -> [Frame] {
        observations.compactMap { if case .frame(let frame) = $0 { frame } else { nil } }
    }

    private func faults(_ observations: [Observation]) -> [String] {
        observations.compactMap {
            guard case .feed(_, let report) = $0 else { return nil }
            return "\(report.cadenceMilliseconds) \(report.fault?.rawValue ?? "-")"
        }
    }

    @Test func `makes a frame of a reading`() {
        var intake = UnitIntake(unit: unit, at: now)
        let values = "52.2 56.7 58.8 51.5 71.5 57.9 57.8"
        var overloaded = reading(500, values)
        overloaded.flags = .over
        #expect(
            frames(intake.receive(.reading(overloaded), at: now)) == [
                Frame(
                    unit: unit, time: Timestamp(milliseconds: 500), levels: levels(values),
                    state: [.measuring, .over], measurementStart: Timestamp(milliseconds: 7))
            ])
        let stopped = frames(intake.receive(.reading(reading(1500, values, .stopped)), at: now))
        #expect(stopped.map(\.state) == [[]])
        #expect(stopped.map(\.measurementStart) == [nil])
    }

    @Test(arguments: [
        ("50.0 60.0 70.0 40.0 80.0 61.0 62.0", "50.0 60.0 70.0 40.0 80.0 61.0 62.0"),
        ("50.0 60.0 60.0 60.0 80.0 61.0 62.0", "50.0 60.0 60.0 60.0 80.0 61.0 62.0"),
        // leq above lmax, leq below lmin, lmax below lmin with leq missing
        ("50.0 70.1 70.0 40.0 80.0 61.0 62.0", "50.0 - - - - - -"),
        ("50.0 39.9 70.0 40.0 80.0 61.0 62.0", "50.0 - - - - - -"),
        ("50.0 - 39.0 40.0 80.0 61.0 62.0", "50.0 - - - - - -"),
        ("50.0 70.0 - - 80.0 61.0 62.0", "50.0 70.0 - - 80.0 61.0 62.0"),
    ])
    func `drops cumulative values that contradict each other`(values: String, kept: String) {
        var intake = UnitIntake(unit: unit, at: now)
        let frame = frames(intake.receive(.reading(reading(0, values)), at: now)).first
        #expect(frame.map { row($0.levels) } == kept)
        #expect(intake.faults[.outOfOrder] == (values == kept ? nil : 1))
        // After a stop nothing is judged: the frozen values need not fit the live one.
        let stopped = frames(
            intake.receive(.reading(reading(1000, values, .stopped)), at: now)
        ).first
        #expect(stopped.map { row($0.levels) } == values)
    }

    @Test func `counts what it drops`() {
        var intake = UnitIntake(unit: unit, at: now)
        let a = reading(0, "50.0")
        _ = intake.read(.reading(a, isReachable: true), at: now)
        #expect(frames(intake.read(.reading(a, isReachable: true), at: now)) == [])
        #expect(frames(intake.receive(.reading(reading(5, "50.0")), at: now)) == [])
        #expect(intake.counts.frames == 1)
        #expect(intake.counts.repeated == 1)
        #expect(intake.counts.toldByOther == 1)
    }

    @Test func `reports each fault once, and its end`() {
        var intake = UnitIntake(unit: unit, at: now)
        #expect(
            faults(intake.learn(hasMonitor: true, isUnreachable: false, at: now)) == ["10000 -"])
        #expect(faults(intake.receive(.unreachable, at: now)) == ["10000 unreachable"])
        #expect(faults(intake.receive(.unreachable, at: now)) == [])
        #expect(faults(intake.receive(.heartbeat, at: now)) == [])
        #expect(faults(intake.receive(.reading(reading(0, "50.0")), at: now)) == ["10000 -"])
        #expect(faults(intake.read(.neverRead, at: now)) == ["10000 waiting"])
        #expect(faults(intake.refuse(at: now)) == ["10000 unusable"])
        #expect(
            faults(intake.read(.reading(reading(9, "51.0"), isReachable: nil), at: now))
                == ["10000 -"])
    }

    @Test func `lets a failed upstream cover what is wrong with the unit`() {
        var intake = UnitIntake(unit: unit, at: now)
        _ = intake.receive(.unreachable, at: now)
        #expect(faults(intake.setUpstreamFailed(true, at: now)) == ["10000 upstream_down"])
        #expect(faults(intake.setUpstreamFailed(true, at: now)) == [])
        #expect(faults(intake.setUpstreamFailed(false, at: now)) == ["10000 unreachable"])
    }

    @Test func `keeps a meter unreachable while its last reading is repeated`() {
        var intake = UnitIntake(unit: unit, at: now)
        let old = SLMMStatus.reading(reading(0, "50.0"), isReachable: true)
        _ = intake.read(old, at: now)
        #expect(faults(intake.learn(hasMonitor: true, isUnreachable: true, at: now)).count == 1)
        #expect(intake.read(old, at: now) == [])
        #expect(
            faults(intake.learn(hasMonitor: true, isUnreachable: false, at: now)) == ["10000 -"])
    }

    @Test func `believes is_reachable only of a unit without a feed`() {
        var intake = UnitIntake(unit: unit, at: now)
        _ = intake.learn(hasMonitor: true, isUnreachable: false, at: now)
        let status = SLMMStatus.reading(reading(0, "50.0"), isReachable: false)
        #expect(faults(intake.read(status, at: now)) == [])
        #expect(
            faults(intake.learn(hasMonitor: false, isUnreachable: false, at: now)) == ["30000 -"])
        #expect(faults(intake.read(status, at: now)) == ["30000 unreachable"])
    }

    /// After it was asked, the upstream's loop sleeps on for up to 10 s: nothing is late yet.
    @Test func `reports full rate once readings come fast, not when they are asked for`() {
        var intake = UnitIntake(unit: unit, at: now)
        func receive(_ time: Int64) -> [String] {
            faults(intake.receive(.reading(reading(time, "50.0")), at: now))
        }
        #expect(faults(intake.setRate(isFull: true, at: now)) == ["10000 -"])
        #expect(receive(1000) == [])
        #expect(receive(10_500) == [])
        #expect(receive(11_530) == ["1000 -"])
        #expect(receive(13_600) == [])
        #expect(faults(intake.setRate(isFull: false, at: now)) == ["10000 -"])
    }
}
