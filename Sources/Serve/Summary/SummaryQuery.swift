//  SummaryQuery.swift · Serve
//
//  What a request to `/summary` asks for, checked before anything is read.

import Monitoring

/// What `/summary` is asked for.
struct SummaryQuery {
    let question: SummaryQuestion
    let zone: String

    /// The most rows of an answer, or days of it when rows are of days.
    static let mostRows: Int64 = 10_000
    /// The most values of one row that are asked for by one parameter.
    static let mostValues = 16

    /// - Throws: 400 for what cannot be read, 422 for what is out of range; both name it.
    init(_ query: QueryText, unit: UnitID) throws(Problem) {
        var question = SummaryQuestion(unit: unit, range: try HistoryQuery.range(query))
        question.period = try SummaryQuery.period(query, of: question.range)
        question.clock = try query.clock()
        zone = try query.text("tz").map(String.init) ?? "UTC"
        question.division = try SummaryQuery.division(query)
        question.exceedances = try query.percentages("ln")
        if try query.text("ln") == nil { question.exceedances = [10, 50, 90] }
        question.thresholds = try query.levels("above")
        let counts = [("ln", question.exceedances.count), ("above", question.thresholds.count)]
        for (name, count) in counts where count > SummaryQuery.mostValues {
            throw .unprocessable(name, "takes at most \(SummaryQuery.mostValues) values")
        }
        let limits = try query.levels("limit")
        guard limits.count < 2 else { throw .unprocessable("limit", "is one level") }
        question.limit = limits.first
        question.minimumCoveragePercent = Int(
            try query.integer("min_coverage", in: 0...100)
                ?? Int64(question.minimumCoveragePercent))
        self.question = question
    }

    private static func period(
        _ query: QueryText, of range: TimeRange
    ) throws(Problem) -> SummaryPeriod? {
        let days = (range.milliseconds - 1) / Dwell.dayMilliseconds + 1
        guard let name = try query.text("period") else {
            guard days <= SummaryPlan.daysOfRowMaximum else {
                throw .unprocessable(
                    "to",
                    "is more than \(SummaryPlan.daysOfRowMaximum) days after from, the most of one row;"
                        + " give a period, like month")
            }
            return nil
        }
        guard let period = SummaryPeriod(name: name) else {
            let names = SummaryPeriod.allCases.map(\.rawValue).joined(separator: ", ")
            throw .unprocessable("period", "must be one of \(names)")
        }
        if period.holdsDays, days > mostRows {
            throw .unprocessable("to", "is more than \(mostRows) days after from")
        }
        guard range.milliseconds / period.leastMilliseconds < mostRows else {
            throw .unprocessable("period", "makes more than \(mostRows) rows of this range")
        }
        return period
    }

    private static func division(_ query: QueryText) throws(Problem) -> DayDivision {
        guard let text = try query.text("hours") else { return .dayEveningNight }
        let hours = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            (1...2).contains(part.utf8.count) && part.utf8.allSatisfy { (48...57).contains($0) }
                ? Int(part) ?? -1 : -1
        }
        guard hours.count == 3,
            let division = DayDivision.dayEveningNight(hours: hours[0], hours[1], hours[2])
        else {
            throw .unprocessable(
                "hours", "must be the hours at which day, evening and night begin, like 7,19,23")
        }
        return division
    }
}
