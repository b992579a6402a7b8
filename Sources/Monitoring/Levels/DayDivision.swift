//  DayDivision.swift · Monitoring
//
//  The local day in parts that weigh differently, and the one number that rates such a day.
//
//      hour   0         7                    19    23
//      Lden   ··night···├────────day─────────┤·eve·┤·night··   + 0, 5, 10 dB
//      Ldn    ··night···├────────day────────────┤··night·····  + 0, 10 dB
//
//  The last part goes on past midnight and belongs to the day on which it begins.

/// The parts of a local day, for Lden and Ldn.
///
/// Source: Directive 2002/49/EC, Annex I, for Lden and its hours.
package struct DayDivision: Hashable, Sendable {
    package struct Part: Hashable, Sendable {
        /// Hour of local time at which it begins.
        package let hour: Int
        /// What its level is raised by, in dB: people are disturbed more at this time.
        package let penalty: Int

        package init(hour: Int, penalty: Int) {
            self.hour = hour
            self.penalty = penalty
        }
    }

    /// In the order of their hours; the last one lasts until the first begins.
    package let parts: [Part]

    /// - Returns: `nil` unless there are two parts or more, their hours rise, and all are 0 … 23.
    package init?(_ parts: [Part]) {
        guard parts.count > 1, parts.allSatisfy({ (0...23).contains($0.hour) }),
            zip(parts, parts.dropFirst()).allSatisfy({ $0.hour < $1.hour })
        else { return nil }
        self.parts = parts
    }

    /// Day, evening and night: 07–19, 19–23, 23–07.
    package static let dayEveningNight = dayEveningNight(hours: 7, 19, 23)!
    /// Day and night: 07–22, 22–07.
    package static let dayNight = DayDivision([
        Part(hour: 7, penalty: 0), Part(hour: 22, penalty: 10),
    ])!

    /// Day, evening and night from these hours on.
    package static func dayEveningNight(hours day: Int, _ evening: Int, _ night: Int) -> DayDivision?
    {
        DayDivision([
            Part(hour: day, penalty: 0), Part(hour: evening, penalty: 5),
            Part(hour: night, penalty: 10),
        ])
    }

    /// The hours of a part on a day of 24 h.
    package func nominalHours(_ part: Int) -> Int {
        part + 1 < parts.count
            ? parts[part + 1].hour - parts[part].hour
            : 24 - parts[part].hour + parts[0].hour
    }

    /// The part at a time after local midnight, and whether it began the day before.
    package func part(at milliseconds: Int64) -> (part: Int, isOfDayBefore: Bool) {
        guard let part = parts.lastIndex(where: { Int64($0.hour) * 3_600_000 <= milliseconds })
        else { return (parts.count - 1, true) }
        return (part, false)
    }

    /// 10·lg( Σ h·10^((L+p)/10) / 24 ), in dB: `levels` of the parts, h their nominal hours whatever
    /// the clock did, p their penalties.
    ///
    /// - Returns: `nil` when a part has no level.
    package func rating(_ levels: [Double?]) -> Double? {
        precondition(levels.count == parts.count)
        var energy = 0.0
        for (index, level) in levels.enumerated() {
            guard let level else { return nil }
            let raised = level + Double(parts[index].penalty)
            energy += Double(nominalHours(index)) * Level.energy(ofDecibels: raised)
        }
        return Level.decibels(ofEnergy: energy / 24)
    }
}
