//  DayDivisionTests.swift · MonitoringTests

import Monitoring
import Testing

@Suite struct `A day in parts` {
    @Test(arguments: [
        ("all the same", [60.0, 60.0, 60.0], 66.4),
        ("quieter towards the night", [65.0, 60.0, 55.0], 65.0),
    ])
    func `is rated by Lden`(what: String, levels: [Double], lden: Double) throws {
        let rating = try #require(DayDivision.dayEveningNight.rating(levels))
        #expect((rating * 10).rounded() / 10 == lden, Comment(rawValue: what))
    }

    @Test func `is rated by Ldn`() throws {
        let rating = try #require(DayDivision.dayNight.rating([65, 50]))
        #expect((rating * 10).rounded() / 10 == 63.7)
    }

    @Test func `has no rating without one of its parts`() {
        #expect(DayDivision.dayEveningNight.rating([60, nil, 60]) == nil)
    }

    @Test func `is rated by the hours it has`() throws {
        // One hour of evening at 70, raised by 5, among 23 hours of silence.
        let division = try #require(DayDivision.dayEveningNight(hours: 0, 22, 23))
        #expect((0..<3).map(division.nominalHours) == [22, 1, 1])
        let rating = try #require(division.rating([-50, 70, -50]))
        #expect(abs(rating - (75 - 13.802)) < 0.001)
    }

    @Test(arguments: [
        (0, 2, true), (6, 2, true), (7, 0, false), (18, 0, false), (19, 1, false), (22, 1, false),
        (23, 2, false),
    ])
    func `knows the part of an hour, and its day`(hour: Int64, part: Int, isOfDayBefore: Bool) {
        let found = DayDivision.dayEveningNight.part(at: hour * 3_600_000)
        #expect(found == (part, isOfDayBefore))
        let last = DayDivision.dayEveningNight.part(at: hour * 3_600_000 + 3_599_999)
        #expect(last == (part, isOfDayBefore))
    }

    @Test(arguments: [(7, 7, 23), (19, 7, 23), (7, 19, 24), (-1, 19, 23), (23, 7, 19)])
    func `needs hours that rise`(day: Int, evening: Int, night: Int) {
        #expect(DayDivision.dayEveningNight(hours: day, evening, night) == nil)
    }
}
