//  SummaryPeriod.swift · Monitoring
//
//  The periods that people are told about: on their own clock and calendar.

/// The length of a summary's rows.
package enum SummaryPeriod: String, CaseIterable, Sendable {
    case fiveMinutes = "5m"
    case quarterHour = "15m"
    case halfHour = "30m"
    case hour = "1h"
    case day = "1d"
    /// From Monday on (ISO 8601).
    case week = "week"
    case month = "month"

    /// - Parameter name: as in answers, or another word for it that people write.
    package init?(name: some StringProtocol) {
        switch name {
        case "hour": self = .hour
        case "day": self = .day
        case "1w": self = .week
        case "1mo": self = .month
        default: self.init(rawValue: String(name))
        }
    }

    /// Whole days, which have a day, an evening and a night.
    package var holdsDays: Bool { self == .day || self == .week || self == .month }

    /// The length of the shortest one on a clock that does not change.
    package var leastMilliseconds: Int64 {
        switch self {
        case .fiveMinutes: 300_000
        case .quarterHour: 900_000
        case .halfHour: 1_800_000
        case .hour: 3_600_000
        case .day: Dwell.dayMilliseconds
        case .week: 7 * Dwell.dayMilliseconds
        case .month: 28 * Dwell.dayMilliseconds
        }
    }

    /// Ascending instants at which one begins, the first at or before the range's start, the last
    /// at or after its end.
    ///
    /// - Parameter timeline: of ``SummaryPlan/marginMilliseconds`` around the range.
    func edges(around range: TimeRange, on timeline: LocalTimeline) -> [Int64] {
        guard self == .week || self == .month else {
            return timeline.edges(around: range, every: leastMilliseconds)
        }
        let reach = (self == .week ? 8 : 32) * Dwell.dayMilliseconds
        let days = timeline.edges(
            around: TimeRange(
                start: range.start.advanced(byMilliseconds: -reach),
                end: range.end.advanced(byMilliseconds: reach))!,
            every: Dwell.dayMilliseconds)
        var edges: [Int64] = []
        var before: Int64?
        for day in days {
            let number = number(of: floorDivide(
                day + timeline.offset(at: day), by: Dwell.dayMilliseconds))
            if let before, number != before { edges.append(day) }
            before = number
        }
        let low = edges.lastIndex { $0 <= range.start.milliseconds }!
        let high = edges.firstIndex { $0 >= range.end.milliseconds }!
        return Array(edges[low...high])
    }

    /// The week or month that holds a day counted from 1970-01-01, a Thursday.
    private func number(of day: Int64) -> Int64 {
        if self == .week { return floorDivide(day + 3, by: 7) }
        let date = Timestamp.civil(fromDays: day)
        return date.year * 12 + date.month
    }
}
