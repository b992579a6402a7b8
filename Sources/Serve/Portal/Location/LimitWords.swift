//  LimitWords.swift · Serve
//
//  Limits in words: "average over 15 min above 65 dB", "22:00–07:00 · Mon–Fri".

import Monitoring

extension AlertRule {
    /// What breaks it: `average over 15 min above 65 dB`.
    ///
    /// - Parameter labels: what the percentile slots are called.
    func limitWords(_ labels: LevelLabels) -> String {
        let limit = "\(comparison.rawValue) \(PageText.limit(tenths: thresholdTenths)) dB"
        switch averaging?.mode {
        case .window?: return "average over the whole time \(limit)\(inARow)"
        case .clock?: return "average over \(averagingText) \(limit)\(inARow)"
        case .sliding?: return "average over the last \(averagingText) \(limit)\(lasting)"
        case nil: return "\(metric.words(labels)) \(limit)\(lasting)"
        }
    }

    /// When it holds: `22:00–07:00`, with its days if these are not all.
    var timeWords: String {
        guard let schedule else { return "at any time" }
        let hours =
            schedule.startMinute == schedule.endMinute
            ? "24 h from \(LocalWords.clockText(minutes: schedule.startMinute))"
            : schedule.hours
        let days = schedule.days == .all ? "" : " · \(schedule.days.words)"
        let count = schedule.exceptDates.count
        let except = count == 0 ? "" : " · except \(PageText.count(count, "date", "dates"))"
        return hours + days + except
    }

    /// `15 min`
    var averagingText: String {
        PageText.duration(milliseconds: Int64(averaging?.seconds ?? 0) * 1000)
    }

    private var inARow: String {
        guard let averaging, averaging.consecutive > 1 else { return "" }
        return ", \(averaging.consecutive) times in a row"
    }

    private var lasting: String {
        durationSeconds == 0
            ? "" : " for \(PageText.duration(milliseconds: Int64(durationSeconds) * 1000))"
    }
}

extension Schedule {
    /// `22:00–07:00`
    fileprivate var hours: String {
        let ends = [startMinute, endMinute].map { LocalWords.clockText(minutes: $0) }
        return "\(ends[0])–\(ends[1])"
    }
}

extension Weekdays {
    /// `Mon–Fri`, `Sat, Sun`, `Mon, Wed–Fri`
    var words: String {
        var runs: [(first: Int, last: Int)] = []
        for day in 0..<7 where rawValue >> day & 1 == 1 {
            if let run = runs.last, run.last == day - 1 {
                runs[runs.count - 1].last = day
            } else {
                runs.append((day, day))
            }
        }
        let names = LocalWords.weekdays
        return runs.map { run in
            switch run.last - run.first {
            case 0: names[run.first]
            case 1: "\(names[run.first]), \(names[run.last])"
            default: "\(names[run.first])–\(names[run.last])"
            }
        }.joined(separator: ", ")
    }
}

extension RuleMetric {
    /// What is compared: `average`, `Leq`.
    func words(_ labels: LevelLabels) -> String {
        switch self {
        case .laeq: "average"
        case .lp: "level"
        case .lmax: "maximum"
        case .leq: "Leq"
        case .lmin: "minimum"
        case .lpeak: "peak level"
        case .ln1: labels.ln1
        case .ln2: labels.ln2
        }
    }
}

/// What the levels of a place are called there, as its meter is set.
struct LevelLabels: Equatable, Sendable {
    /// `L1` where the percentage is known, else `LN1`.
    var ln1 = "LN1"
    var ln2 = "LN2"
    /// `dB(A)` where the weighting is known, else `dB`.
    var db = "dB"
}
