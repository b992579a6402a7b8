//  SoundEvent.swift · Monitoring
//
//  From onset to clear: what people read as a breach, and what watches over the meters themselves.

/// An event of a rule or of a watchdog.
package struct SoundEvent: Hashable, Sendable, Codable {
    /// Given by the registry; 0 before.
    package var id: Int64
    package var kind: Kind
    /// `nil` for an event of a whole upstream.
    package var unit: UnitID?
    /// The upstream, of ``Kind/upstreamDown`` only.
    package var upstream: String?
    /// Where the unit was assigned at the onset.
    package var location: String?
    /// The rule as it was; `nil` for watchdogs.
    package var rule: AlertRule?
    package var level: Level
    /// The first sample, or the start of the first period, of the run that led to the onset.
    package var firstExceededAt: Timestamp
    /// Part of what makes it this event: it stays when a warning becomes an alarm.
    package var onsetAt: Timestamp
    /// When a warning became an alarm: from then on the breach counts; `nil` otherwise.
    package var escalatedAt: Timestamp?
    /// In tenths of a decibel, as the other values; `nil` for watchdogs.
    package var onsetTenths: Int16?
    /// The farthest beyond the limit from the onset on, first time reached.
    package var peakTenths: Int16?
    package var peakAt: Timestamp?
    package var lastExceededAt: Timestamp
    /// Time beyond the limit since ``firstExceededAt``: the dwell of exceeding samples, or the
    /// length of exceeding periods.
    package var exceededMilliseconds: Int64
    package var lastTenths: Int16?
    /// When it ended, as an event time; `nil` while it is active.
    package var clearedAt: Timestamp?
    /// When that was decided; `nil` while it is active.
    package var closedAt: Timestamp?
    package var clearReason: ClearReason?
    /// Runs after it that lasted and were held back by the cooldown, and ended.
    package var suppressed: Int
    /// Samples, or periods, from onset to clear, both among them.
    package var samples: Int
    /// Covered time over time, from the first exceeding sample or period to the last one seen.
    package var coverage: Double?
    /// A sample of it was over range: its values are at least what is said.
    package var isOverloaded: Bool
    /// It is active, and no samples come.
    package var hasNoData: Bool
    /// It was found by `replay --record` in levels that were imported.
    package var isReplayed: Bool
    /// It is on disk.
    package var isSaved: Bool
    package var acknowledgements: [Note]
    package var comments: [Note]

    package enum Kind: String, CaseIterable, Sendable, Codable {
        case rule
        case connectivity
        case notMeasuring = "not_measuring"
        case implausible
        case upstreamDown = "upstream_down"
    }

    package enum Level: String, CaseIterable, Sendable, Codable { case warning, alarm }

    package enum ClearReason: String, CaseIterable, Sendable, Codable {
        case recovered
        case windowEnd = "window_end"
        case noData = "no_data"
        case measurementStopped = "measurement_stopped"
        case ruleChanged = "rule_changed"
        case ruleDeleted = "rule_deleted"
        case unitUnassigned = "unit_unassigned"
    }

    /// The most acknowledgements of an event, and the most comments: neither takes the other's room.
    package static let notesMaximum = 200

    /// What somebody said of it.
    package struct Note: Hashable, Sendable, Codable {
        package var at: Timestamp
        /// The name of the token or the operator.
        package var by: String
        /// At most 2,000 characters and 8,000 bytes, of control characters only newlines and tabs;
        /// may be empty in an acknowledgement.
        package var note: String

        package init(at: Timestamp, by: String, note: String) {
            self.at = at
            self.by = by
            self.note = note
        }
    }

    package init(
        kind: Kind, unit: UnitID?, upstream: String? = nil, location: String? = nil,
        rule: AlertRule? = nil, level: Level = .alarm, firstExceededAt: Timestamp,
        onsetAt: Timestamp, tenths: Int16? = nil
    ) {
        id = 0
        self.kind = kind
        self.unit = unit
        self.upstream = upstream
        self.location = location
        self.rule = rule
        self.level = level
        self.firstExceededAt = firstExceededAt
        self.onsetAt = onsetAt
        onsetTenths = tenths
        peakTenths = tenths
        peakAt = tenths == nil ? nil : onsetAt
        lastExceededAt = onsetAt
        exceededMilliseconds = 0
        lastTenths = tenths
        suppressed = 0
        samples = 1
        isOverloaded = false
        hasNoData = false
        isReplayed = false
        isSaved = false
        acknowledgements = []
        comments = []
    }

    package var isActive: Bool { clearedAt == nil }

    /// When the breach began, for people; `nil` for a warning, which is none.
    package var breachedAt: Timestamp? { level == .alarm ? escalatedAt ?? onsetAt : nil }

    /// What makes it this event and no other: redoing a step after a crash finds it again.
    package var key: String {
        let subject = unit?.name ?? upstream ?? ""
        let limit = rule.map { "\($0.id) \($0.version)" } ?? kind.rawValue
        return "\(limit) \(subject) \(onsetAt.milliseconds)"
    }
}
