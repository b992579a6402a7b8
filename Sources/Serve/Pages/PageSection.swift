//  PageSection.swift · Serve

/// The parts of the operators' pages, in the order of the bar.
enum PageSection: String, CaseIterable {
    case events, units

    var words: String {
        switch self {
        case .events: "Events"
        case .units: "Units"
        }
    }

    var address: String {
        switch self {
        case .events: "/events"
        case .units: "/"
        }
    }

    /// For the bar: `href`, `words`, `is_current`; `badge`, how many events are active, if
    /// `has_badge`.
    static func context(current: PageSection, active: Int) -> [[String: Any]] {
        allCases.map { section in
            var item: [String: Any] = [
                "href": section.address, "words": section.words, "is_current": section == current,
            ]
            item["has_badge"] = section == .events && active > 0
            item["badge"] = "\(active)"
            return item
        }
    }
}
