//  MonitoringPlan.swift · Monitoring
//
//  What a unit is to be judged by, and what moves the machines that judge.

/// Everything configured that has a say in a unit's events, at one moment.
package struct MonitoringPlan: Hashable, Sendable, Codable {
    package var unit: UnitID
    /// Where the unit is assigned; `nil`: nowhere.
    package var location: String?
    /// The start of that assignment: no average holds samples from before it.
    package var assignedAt: Timestamp?
    /// The IANA zone of the location's project; `UTC` for a unit that is assigned nowhere.
    package var timeZone: String
    /// When the unit has to be measuring; `nil`: no watchdog on that.
    package var monitoringHours: Schedule?
    /// The rules of the site, ascending by id. One that is not enabled is not applied; that it is
    /// here tells that it was switched off and not deleted.
    package var rules: [AlertRule]
    /// The longest hole that a sample's weight bridges, in milliseconds (`docs/acoustics.md`).
    package var maxDwellMilliseconds: Int64
    /// How old an active event may get without data, in milliseconds.
    package var noDataMilliseconds: Int64
    /// The least coverage of a period that is judged, 0 … 1.
    package var coverageMinimum: Double

    package init(
        unit: UnitID, location: String? = nil, assignedAt: Timestamp? = nil,
        timeZone: String = "UTC", monitoringHours: Schedule? = nil, rules: [AlertRule] = [],
        maxDwellMilliseconds: Int64 = Dwell.defaultMaximumMilliseconds,
        noDataMilliseconds: Int64 = 900_000, coverageMinimum: Double = 0.75
    ) {
        self.unit = unit
        self.location = location
        self.assignedAt = assignedAt
        self.timeZone = timeZone
        self.monitoringHours = monitoringHours
        self.rules = rules
        self.maxDwellMilliseconds = maxDwellMilliseconds
        self.noDataMilliseconds = noDataMilliseconds
        self.coverageMinimum = coverageMinimum
    }
}

/// Something that moves a unit's machines. Their state is a function of these, in their order.
///
/// Times are those of frames: the upstream's clock, which may be hours from ours.
package enum MonitorInput: Hashable, Sendable, Codable {
    /// A frame that was accepted as live.
    case frame(JournaledFrame)
    /// The upstream's clock went back: runs break, and the watermark is what comes next.
    case clockStep
    /// What is configured changed.
    case plan(MonitoringPlan)
    /// How the unit is being read changed.
    case feed(JournaledFeed)
    /// It has become this late, and nothing came: the newest frame's time and what has passed since
    /// that came.
    case tick(Timestamp)
}

/// A frame beside the store's: one told while the upstream's clock was behind what was stored, whose
/// place among the others its time does not tell.
package struct JournaledFrame: Hashable, Sendable, Codable {
    package var time: Timestamp
    /// `Metric` by its raw value; `Levels.none` is no value.
    package var tenths: [Int16]
    package var state: UInt8
    package var measurementStart: Timestamp?

    package init(_ frame: Frame) {
        time = frame.time
        tenths = Metric.allCases.map { frame.levels.tenths[$0.rawValue] }
        state = frame.state.rawValue
        measurementStart = frame.measurementStart
    }

    /// As a frame of `unit`; values that the journal lacks are missing.
    package func frame(of unit: UnitID) -> Frame {
        var levels = SIMD8<Int16>(repeating: Levels.none)
        for (metric, value) in tenths.prefix(Metric.allCases.count).enumerated() {
            levels[metric] = value
        }
        levels[7] = 0
        return Frame(
            unit: unit, time: time, levels: Levels(tenths: levels),
            state: FrameState(rawValue: state), measurementStart: measurementStart)
    }
}

/// A ``FeedReport`` in a journal.
package struct JournaledFeed: Hashable, Sendable, Codable {
    package var cadenceMilliseconds: Int64
    /// ``FeedReport/Fault``.
    package var fault: String?
    package var since: Timestamp

    package init(_ report: FeedReport) {
        cadenceMilliseconds = report.cadenceMilliseconds
        fault = report.fault?.rawValue
        since = report.since
    }
}

/// One line of a unit's journal: what moved its machines beside stored frames.
package struct JournalEntry: Hashable, Sendable, Codable {
    /// Ascending in the order in which entries took effect; given by the one who writes them.
    package var number: Int64
    package var unit: UnitID
    /// It took effect after the frames up to this time, and before those after it; `nil`: before
    /// all frames. After a step of the clock, frames in between are in the journal themselves.
    package var watermark: Timestamp?
    /// When that was, by our clock.
    package var at: Timestamp
    package var input: MonitorInput

    package init(
        number: Int64, unit: UnitID, watermark: Timestamp?, at: Timestamp, input: MonitorInput
    ) {
        self.number = number
        self.unit = unit
        self.watermark = watermark
        self.at = at
        self.input = input
    }
}

/// One thing that a machine did with an event's run, for the list that a replay shows.
package struct RuleStep: Hashable, Sendable, Codable {
    package enum Kind: String, CaseIterable, Sendable, Codable {
        /// The first sample beyond the limit; counting of the duration begins.
        case exceeded
        /// A run ended before it had lasted.
        case withdrawn
        /// The run has lasted, and the cooldown holds it back.
        case held
        /// The run that was held back ended.
        case suppressed
        case warning
        case onset
        /// A new peak. Only the last one of a list of steps is kept.
        case peak
        /// Back inside the limit by the margin; counting of the duration begins.
        case recovering = "below_clear_level"
        /// Beyond the clear level again.
        case relapsed
        case cleared
        /// A period was judged.
        case judged
        /// A period had too little coverage.
        case notJudged = "not_judged"
        case noData = "no_data"
        case dataBack = "data_back"
    }
    package var kind: Kind
    package var at: Timestamp
    package var rule: String
    package var tenths: Int16?

    package init(_ kind: Kind, at: Timestamp, rule: String, tenths: Int16? = nil) {
        self.kind = kind
        self.at = at
        self.rule = rule
        self.tenths = tenths
    }
}
