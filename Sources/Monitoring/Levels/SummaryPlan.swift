//  SummaryPlan.swift · Monitoring
//
//  Where a summary's rows and the parts of its days begin, and which row each part counts for.
//
//      rows    ├────────Mon────────┼────────Tue────────┤          local midnights
//      parts   ├·n·┼───d───┼─e─┼─n─┼─n─┼───d───┼─e─┼─n─┼─n─┤      7, 19, 23 o'clock
//      of row    –     M     M   M   M     T     T   T   T        a night is of the day it begins

/// What a summary is asked for.
package struct SummaryQuestion: Sendable {
    package var unit: UnitID
    /// Not empty.
    package var range: TimeRange
    /// The length of a row; `nil` makes one of all the range.
    package var period: SummaryPeriod?
    /// Whose days, weeks and months.
    package var clock: any LocalClock = ZoneClock.utc
    /// Day, evening and night.
    package var division = DayDivision.dayEveningNight
    /// LN wanted: percentages, 1 … 99.
    package var exceedances: [Int] = []
    /// Levels above which the time is wanted.
    package var thresholds: [Level] = []
    /// What LAeq must not be above; `nil` judges nothing.
    package var limit: Level?
    /// The covered share of a time below which it has no indicator, in per cent.
    package var minimumCoveragePercent = 75

    package init(unit: UnitID, range: TimeRange) {
        self.unit = unit
        self.range = range
    }
}

/// The cuts of a summary.
package struct SummaryPlan: Sendable {
    /// Where rows begin, and the end of the last one: around the range.
    package let edges: [Int64]
    /// The parts of the rows' days; `nil` when rows are shorter than a day.
    package let parts: SummaryParts?

    /// The most days of one row: its histogram holds no more (`LevelHistogram.ticks`).
    package static let daysOfRowMaximum: Int64 = 2400
    /// How far before and after its range a plan looks at the clock.
    private static let marginMilliseconds = 80 * Dwell.dayMilliseconds

    /// - Complexity: O(rows + days), for a zone whose clock changes.
    package init(_ question: SummaryQuestion) {
        let range = question.range
        let timeline = LocalTimeline(
            from: range.start.milliseconds - SummaryPlan.marginMilliseconds,
            to: range.end.milliseconds + SummaryPlan.marginMilliseconds, on: question.clock)
        edges = question.period?.edges(around: range, on: timeline)
            ?? [range.start.milliseconds, range.end.milliseconds]
        let holdsDays = question.period?.holdsDays ?? true
        parts = holdsDays
            ? SummaryParts(
                edges, of: range, divisions: [question.division, .dayNight],
                isCalendar: question.period != nil, on: timeline)
            : nil
    }
}

/// The parts of the days of a summary's rows, for several divisions at once.
package struct SummaryParts: Sendable {
    /// What a stretch counts for.
    package struct Owner: Hashable, Sendable {
        package let row: Int
        /// Of the division.
        package let part: Int
    }

    package let divisions: [DayDivision]
    /// Where parts of any division meet, ascending.
    package let edges: [Int64]
    /// The time that counts: the range, and the night that begins at its end.
    package let range: TimeRange
    /// By division, then stretch between two edges; `nil` counts for no row.
    package let owners: [[Owner?]]

    fileprivate init(
        _ rows: [Int64], of asked: TimeRange, divisions: [DayDivision], isCalendar: Bool,
        on timeline: LocalTimeline
    ) {
        self.divisions = divisions
        let day = Dwell.dayMilliseconds
        let first = rows[0]
        let last = rows[rows.count - 1]
        let around = TimeRange(
            start: Timestamp(milliseconds: first), end: Timestamp(milliseconds: last + day))!
        func edges(atHour hour: Int) -> [Int64] {
            timeline.edges(around: around, every: day, after: Int64(hour) * 3_600_000)
        }
        let midnights = edges(atHour: 0)
        let hours = Set(divisions.flatMap { $0.parts.map(\.hour) })
        // The last night of a calendar's row ends the morning after.
        var end = last
        if isCalendar {
            for division in divisions {
                end = max(end, edges(atHour: division.parts[0].hour).first { $0 >= last }!)
            }
        }
        let borders = Set(hours.flatMap(edges(atHour:)) + midnights + [first, end])
            .filter { (first...end).contains($0) }.sorted()
        self.edges = borders
        range = asked.end.milliseconds < last
            ? asked : TimeRange(start: asked.start, end: Timestamp(milliseconds: end))!

        var owners = divisions.map { _ in [Owner?]() }
        var midnight = 0
        // The row that holds the stretch, and the one that held the day before.
        var row = 0
        var rowBefore: Int?
        for edge in borders.dropLast() {
            while midnight < midnights.count, midnights[midnight] <= edge {
                if midnights[midnight] > first { rowBefore = row }
                midnight += 1
            }
            while row + 1 < rows.count, rows[row + 1] <= edge { row += 1 }
            let clock = edge + timeline.offset(at: edge)
            for (index, division) in divisions.enumerated() {
                let place = division.part(at: clock - floorDivide(clock, by: day) * day)
                let owner: Int? = !isCalendar
                    ? 0 : place.isOfDayBefore ? rowBefore : row + 1 < rows.count ? row : nil
                owners[index].append(owner.map { Owner(row: $0, part: place.part) })
            }
        }
        self.owners = owners
    }
}
