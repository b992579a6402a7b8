//  PageSection.swift · Serve

import Monitoring

/// The parts of the operators' pages, in the order of the bar.
enum PageSection: String, CaseIterable {
    case events, units, projects, notifications, accounts, system

    var words: String {
        switch self {
        case .events: "Events"
        case .units: "Units"
        case .projects: "Projects"
        case .notifications: "Notifications"
        case .accounts: "Accounts"
        case .system: "System"
        }
    }

    var address: String {
        switch self {
        case .events: "/events"
        case .units: "/"
        case .projects: "/projects"
        case .notifications: "/notifications"
        case .accounts: "/accounts"
        case .system: "/system"
        }
    }

    /// Who may see it.
    private var scope: AccessToken.Scope { self == .accounts ? .admin : .viewer }

    /// For the bar: `href`, `words`, `is_current`; `badge`, how many events are active, if
    /// `has_badge`.
    static func context(
        current: PageSection, scope: AccessToken.Scope, active: Int
    ) -> [[String: Any]] {
        allCases.filter { $0.scope <= scope }.map { section in
            [
                "href": section.address, "words": section.words, "is_current": section == current,
                "has_badge": section == .events && active > 0, "badge": "\(active)",
            ]
        }
    }
}
