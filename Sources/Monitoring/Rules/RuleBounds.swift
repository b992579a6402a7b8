//  RuleBounds.swift · Monitoring
//
//  The ranges of a rule's values, in one place for whoever reads, stores or documents rules.

extension AlertRule {
    package enum Bounds {
        package static let thresholdTenths = -500...2000
        package static let durationSeconds = 0...86_400
        package static let clearMarginTenths = 0...500
        package static let cooldownSeconds = 0...604_800
        package static let gapSeconds = 0...86_400
        package static let averagingSeconds = 60...86_400
        package static let consecutive = 1...1000
        package static let recipients = 50
        package static let exceptDates = 1000
    }

    /// Whether all values are within their ranges and go with each other.
    package var isSound: Bool {
        let values = [
            (Int(thresholdTenths), Bounds.thresholdTenths),
            (durationSeconds, Bounds.durationSeconds),
            (Int(clearMarginTenths), Bounds.clearMarginTenths),
            (cooldownSeconds, Bounds.cooldownSeconds), (gapSeconds, Bounds.gapSeconds),
            (recipients.count, 0...Bounds.recipients),
        ]
        return values.allSatisfy { $1.contains($0) }
            && (averaging != nil) == (metric == .laeq)
            && averaging.map { $0.isSound && ($0.mode != .window || schedule != nil) } ?? true
            && schedule.map(\.isSound) ?? true
            && isWarningSooner && isComparisonMeant
    }

    /// Whether the metric can be compared so: a maximum that is told when it rises says nothing
    /// about how low a level is.
    package var isComparisonMeant: Bool { metric != .lmax || comparison == .above }

    /// Whether the warning, if there is one, comes before the limit.
    package var isWarningSooner: Bool {
        guard let warningTenths else { return true }
        return comparison == .above
            ? warningTenths < thresholdTenths : warningTenths > thresholdTenths
    }
}

extension Averaging {
    package var isSound: Bool {
        AlertRule.Bounds.averagingSeconds.contains(seconds)
            && AlertRule.Bounds.consecutive.contains(consecutive)
            && (mode != .clock || dividesDay)
    }

    /// Whether periods begin at the same local times each day.
    package var dividesDay: Bool { 86_400 % seconds == 0 }
}

extension Schedule {
    package var isSound: Bool {
        (0..<1440).contains(startMinute) && (0..<1440).contains(endMinute) && !days.isEmpty
            && exceptDates.count <= AlertRule.Bounds.exceptDates
    }
}
