//  DwellTests.swift · MonitoringTests

import Monitoring
import Testing

@Suite struct `A frame's dwell` {
    // Times of day; weight in tenths of a second.
    @Test(arguments: [
        ("reaches back to the frame before", "12:00:00.000", "12:00:01.030", 10),
        ("counts by whole ticks, so that sums are exact", "12:00:00.090", "12:00:01.010", 10),
        ("is at least one tick", "12:00:01.010", "12:00:01.020", 1),
        ("bridges ten seconds of idle reading", "12:00:00.000", "12:00:10.000", 100),
        ("bridges at most 15 s", "12:00:00.000", "12:00:15.000", 150),
        ("is one second after a longer hole", "12:00:00.000", "12:00:15.001", 10),
        ("counts from midnight for a day's first frame", "-00:00:04.000", "00:00:06.000", 60),
        ("is one tick exactly at midnight", "-00:00:01.000", "00:00:00.000", 1),
        ("is one second for a day's first frame that comes late", "-00:10:00.000", "00:00:16.000", 10),
        ("does not reach before midnight after a hole", "00:00:00.100", "00:00:00.300", 2),
    ])
    func `follows from the times alone`(what: String, before: String, at: String, ticks: Int) {
        let dwell = Dwell.ticks(
            at: milliseconds(at), after: milliseconds(before), startsRun: false, maximum: 15_000)
        #expect(dwell == Int64(ticks), Comment(rawValue: what))
    }

    @Test(arguments: [("12:00:01.000", 10), ("00:00:00.400", 4), ("00:00:00.000", 1)])
    func `is one second for a measurement's first frame, within its day`(at: String, ticks: Int) {
        let dwell = Dwell.ticks(
            at: milliseconds(at), after: milliseconds(at) - 500, startsRun: true, maximum: 15_000)
        #expect(dwell == Int64(ticks))
    }

    /// A time of 1970-01-01; with a minus, so long before it.
    private func milliseconds(_ clock: String) -> Int64 {
        let day = "1970-01-01T" + clock.drop { $0 == "-" } + "Z"
        let time = Timestamp(rfc3339: day)!.milliseconds
        return clock.hasPrefix("-") ? -time : time
    }
}
