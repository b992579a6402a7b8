//  PageSection.swift · Serve

import Monitoring

/// The parts of the operators' pages, in the order of the bar.
enum PageSection: String, CaseIterable {
    case units
    case accounts

    var words: String {
        switch self {
        case .units: "Units"
        case .accounts: "Accounts"
        }
    }

    var address: String {
        switch self {
        case .units: "/"
        case .accounts: "/accounts"
        }
    }

    /// Who may see it.
    private var scope: AccessToken.Scope { self == .accounts ? .admin : .viewer }

    /// For the bar: `href`, `words`, `is_current`.
    static func context(current: PageSection, scope: AccessToken.Scope) -> [[String: Any]] {
        allCases.filter { $0.scope <= scope }.map {
            ["href": $0.address, "words": $0.words, "is_current": $0 == current]
        }
    }
}
