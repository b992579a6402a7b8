//  CellularMeterTests.swift · IngestTests

import Monitoring
import Testing

@testable import Ingest

@Suite struct `A cellular meter` {
    private func at(_ seconds: Int) -> Moment {
        Moment(date: Timestamp(milliseconds: 0), elapsed: .seconds(seconds))
    }

    @Test(arguments: [
        (UnitFeed.Cadence.full, 43_180_000), (.idle, 5_175_000), (.background, 2_157_000),
        (nil, 0),
    ] as [(UnitFeed.Cadence?, Int64)])
    func `knows what a day costs`(cadence: UnitFeed.Cadence?, bytes: Int64) {
        var meter = CellularMeter(since: at(0))
        meter.set(cadence, at: at(0))
        let perDay = meter.estimate(at: at(0)).bytesPerDay
        #expect(abs(perDay - bytes) < 20_000, "\(perDay)")
        #expect(meter.estimate(at: at(86_400)).bytes == perDay)
    }

    @Test func `finds full rate about eight times as dear as idling`() {
        let ratio =
            CellularMeter.bytesPerSecond(at: .full) / CellularMeter.bytesPerSecond(at: .idle)
        #expect((7.5...8.5).contains(ratio), "\(ratio)")
    }

    @Test func `adds up the cadences that were in force`() {
        var meter = CellularMeter(since: at(100))
        #expect(meter.estimate(at: at(200)).bytes == 0)
        meter.set(.idle, at: at(200))
        meter.set(.full, at: at(300))
        meter.set(nil, at: at(350))
        meter.set(.background, at: at(1000))
        let expected =
            100 * CellularMeter.bytesPerSecond(at: .idle)
            + 50 * CellularMeter.bytesPerSecond(at: .full)
            + 30 * CellularMeter.bytesPerSecond(at: .background)
        #expect(meter.estimate(at: at(1030)).bytes == Int64(expected))
    }

    @Test func `stands still while the upstream cannot poll`() {
        let unit = UnitID("u")!
        var intake = UnitIntake(unit: unit, at: at(0))
        _ = intake.learn(hasMonitor: true, isUnreachable: false, at: at(0))
        let idle = intake.cellular.estimate(at: at(0)).bytesPerDay
        #expect(idle == Int64(CellularMeter.bytesPerSecond(at: .idle) * 86_400))
        for stop: (inout UnitIntake) -> Void in [
            { _ = $0.setUpstreamFailed(true, at: at(10)) },
            { _ = $0.receive(.unreachable, at: at(10)) },
            { _ = $0.setGone(true, at: at(10)) },
        ] {
            var stopped = intake
            stop(&stopped)
            #expect(stopped.cellular.estimate(at: at(10)).bytesPerDay == 0)
            #expect(
                stopped.cellular.estimate(at: at(99)).bytes
                    == Int64(CellularMeter.bytesPerSecond(at: .idle) * 10))
        }
    }
}

@Suite struct `The offset of an upstream's clock` {
    @Test(arguments: [
        ("Tue, 24 Nov 2026 02:55:34 GMT", "2026-11-24T02:55:34.000Z"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000Z"),
        ("Tue, 24 Nov 2026 02:55:34 CET", nil), ("Tuesday, 24-Nov-26 02:55:34 GMT", nil),
        ("Tue, 31 Nov 2026 02:55:34 GMT", nil), ("", nil), ("Tue, 24 NOV 2026 02:55:34 GMT", nil),
    ] as [(String, String?)])
    func `is read from dates as in HTTP`(text: String, expected: String?) {
        #expect(Timestamp(httpDate: text)?.description == expected)
    }

    @Test func `is the median of the newest answers, at the middle of each`() {
        var offset = ClockOffset()
        #expect(offset.milliseconds == nil)
        func add(_ date: Int64, _ sent: Int64, _ received: Int64) {
            offset.add(
                Timestamp(milliseconds: date), sent: Timestamp(milliseconds: sent),
                received: Timestamp(milliseconds: received))
        }
        add(10_000, 400, 600)
        #expect(offset.milliseconds == 10_000)
        for _ in 0..<7 { add(10_000, 0, 1000) }
        // Slow answers, fewer than half, move nothing.
        for _ in 0..<6 { add(10_000, 0, 40_000) }
        #expect(offset.milliseconds == 10_000)
        for _ in 0..<8 { add(3_610_000, 0, 1000) }
        #expect(offset.milliseconds == 3_610_000)
    }
}
