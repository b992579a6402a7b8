//  AlertRule.swift · Monitoring
//
//  A limit, and what makes a breach of it. What becomes of levels under a rule is
//  `docs/alerts.md`'s; this file knows the words only.

/// A limit on what one location, or one unit that is assigned nowhere, may sound like.
package struct AlertRule: Hashable, Sendable, Codable {
    /// 1 to 64 of `A-Z a-z 0-9 . _ : -`; unique in the service, also among rules that were deleted.
    /// A rule that is provisioned under it is its next version.
    package var id: String
    /// From 1; raised by each edit.
    package var version: Int
    package var site: Site
    /// As people read it, 1 to 200 characters.
    package var name: String
    package var metric: RuleMetric
    /// What a level is averaged over; of ``RuleMetric/laeq`` only, and never `nil` there.
    package var averaging: Averaging?
    package var comparison: Comparison
    /// Tenths of a decibel, −50 … 200 dB.
    package var thresholdTenths: Int16
    /// A level before the limit that is told and never called a breach; tenths of a decibel.
    package var warningTenths: Int16?
    /// How long a level must last to begin or to end an event, 0 … 86,400 s.
    package var durationSeconds: Int
    /// How far a level must be back inside the limit to end an event, 0 … 50 dB in tenths.
    package var clearMarginTenths: Int16
    /// Least time between two onsets, 0 … 604,800 s.
    package var cooldownSeconds: Int
    /// A longer time between two samples breaks what must last, 0 … 86,400 s.
    package var gapSeconds: Int
    /// `nil`: always.
    package var schedule: Schedule?
    package var isEnabled: Bool
    /// A word of the operator's, 1 to 64 characters.
    package var severity: String?
    package var isVisibleToClient: Bool
    /// Ids of those who are told of its events; at most 50.
    package var recipients: [String]

    /// The most rules of a site.
    package static let siteMaximum = 50

    /// What a rule belongs to. It runs while a unit is assigned to its location.
    package enum Site: Hashable, Sendable, Codable {
        case location(String)
        /// Only while the unit is assigned nowhere.
        case unit(UnitID)

        /// The id of the location; `nil` for a unit.
        package var location: String? { if case .location(let id) = self { id } else { nil } }
        /// The unit; `nil` for a location.
        package var unit: UnitID? { if case .unit(let id) = self { id } else { nil } }
    }

    /// Strictly: a level at the threshold does not exceed.
    package enum Comparison: String, CaseIterable, Sendable, Codable {
        case above, below
    }

    /// The defaults are those of `docs/alerts.md`.
    package init(
        id: String, version: Int = 1, site: Site, name: String, metric: RuleMetric = .laeq,
        averaging: Averaging? = nil, comparison: Comparison = .above, thresholdTenths: Int16,
        warningTenths: Int16? = nil, durationSeconds: Int = 0, clearMarginTenths: Int16 = 20,
        cooldownSeconds: Int = 300, gapSeconds: Int = 30, schedule: Schedule? = nil,
        isEnabled: Bool = true, severity: String? = nil, isVisibleToClient: Bool = true,
        recipients: [String] = []
    ) {
        self.id = id
        self.version = version
        self.site = site
        self.name = name
        self.metric = metric
        self.averaging = metric == .laeq ? averaging ?? Averaging() : nil
        self.comparison = comparison
        self.thresholdTenths = thresholdTenths
        self.warningTenths = warningTenths
        self.durationSeconds = durationSeconds
        self.clearMarginTenths = clearMarginTenths
        self.cooldownSeconds = cooldownSeconds
        self.gapSeconds = gapSeconds
        self.schedule = schedule
        self.isEnabled = isEnabled
        self.severity = severity
        self.isVisibleToClient = isVisibleToClient
        self.recipients = recipients
    }

    /// Whether both mean the same limit, whatever they are called and whoever sees them: an edit
    /// between the two keeps an open event open.
    package func meansTheSame(as other: AlertRule) -> Bool {
        var other = other
        other.version = version
        other.name = name
        other.severity = severity
        other.isVisibleToClient = isVisibleToClient
        other.recipients = recipients
        return self == other
    }
}

/// What a rule looks at.
package enum RuleMetric: String, CaseIterable, Sendable, Codable {
    /// An energy average of `lp` by ``Averaging``.
    case laeq
    case lp
    /// The meter's maximum, at the moments when it rises.
    case lmax
    /// The meter's running levels since its measurement began.
    case leq, lmin, lpeak, ln1, ln2
}

/// How `lp` is averaged for a rule.
package struct Averaging: Hashable, Sendable, Codable {
    package enum Mode: String, CaseIterable, Sendable, Codable {
        /// Each period aligned to the local clock, judged at its end.
        case clock
        /// Once for the whole window of the schedule.
        case window
        /// The last ``seconds``, at every frame.
        case sliding
    }
    package var mode: Mode
    /// 60 … 86,400; divides a day for ``Mode/clock``. Without meaning for ``Mode/window``.
    package var seconds: Int
    /// How many periods in a row must exceed, 1 … 1,000; for ``Mode/clock`` and ``Mode/window``,
    /// where it stands for duration, margin and cooldown.
    package var consecutive: Int

    package init(mode: Mode = .clock, seconds: Int = 900, consecutive: Int = 1) {
        self.mode = mode
        self.seconds = seconds
        self.consecutive = consecutive
    }
}
