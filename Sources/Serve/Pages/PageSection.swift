//  PageSection.swift · Serve

/// The parts of the operators' pages, in the order of the bar.
enum PageSection: String, CaseIterable {
    case units, notifications, system

    var words: String {
        switch self {
        case .units: "Units"
        case .notifications: "Notifications"
        case .system: "System"
        }
    }

    var address: String {
        switch self {
        case .units: "/"
        case .notifications: "/notifications"
        case .system: "/system"
        }
    }

    /// For the bar: `href`, `words`, `is_current`.
    static func context(current: PageSection) -> [[String: Any]] {
        allCases.map {
            ["href": $0.address, "words": $0.words, "is_current": $0 == current]
        }
    }
}
