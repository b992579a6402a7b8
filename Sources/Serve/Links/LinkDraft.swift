//  LinkDraft.swift · Serve
//
//  A link as a request asks for it.

import JSON
import Monitoring

extension PortalLinkDraft {
    static let labelCharacters = 100

    /// - Parameter members: `label`, `expires` (left out: in 90 days; null: never) and `one_time`.
    /// - Throws: 422 with every key that is not known, and every value that cannot be.
    init(_ members: [JSONValue.Member], client: String, at now: Timestamp) throws(Problem) {
        self.init(
            client: client, label: "",
            expires: now.advanced(byMilliseconds: PortalLink.lifetimeMilliseconds))
        var faults: [Problem.Fault] = []
        for member in members {
            let value = member.value
            switch member.key {
            case "label":
                if let text = value.string, PortalLinkDraft.isLabel(text) {
                    label = text
                } else {
                    let most = PortalLinkDraft.labelCharacters
                    faults.append(.init(field: "label", message: "must be 1 to \(most) printable characters"))
                }
            case "expires":
                if value == .null {
                    expires = nil
                } else if let time = value.string.flatMap({ Timestamp(rfc3339: $0) }), now < time {
                    expires = time
                } else {
                    let message = "must be a time to come, RFC 3339, or null for never"
                    faults.append(.init(field: "expires", message: message))
                }
            case "one_time":
                if let flag = value.bool {
                    isOneTime = flag
                } else {
                    faults.append(.init(field: "one_time", message: "must be true or false"))
                }
            default: faults.append(.init(field: member.key, message: "is not known"))
            }
        }
        if !members.contains(where: { $0.key == "label" }) {
            faults.append(.init(field: "label", message: "is missing: say who gets this link"))
        }
        guard faults.isEmpty else { throw .unprocessable(faults) }
    }

    private static func isLabel(_ text: String) -> Bool {
        (1...labelCharacters).contains(text.count)
            && !text.allSatisfy(\.isWhitespace)
            && text.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .surrogate, .unassigned, .lineSeparator, .paragraphSeparator: false
                default: true
                }
            }
    }
}
