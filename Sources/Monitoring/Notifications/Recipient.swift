//  Recipient.swift · Monitoring
//
//  Somebody, or something, that is told of events. Which secret a webhook is signed with is never
//  part of it: it could get into an answer or a log.

/// One who is told of events.
package struct Recipient: Hashable, Sendable {
    /// 1 to 64 of `A-Z a-z 0-9 _ -`; what rules name.
    package let id: String
    /// As people read it, 1 to 200 characters.
    package var name: String
    package var channel: Channel
    /// Whether it is told of what watches over the meters, too: events of rules name their
    /// recipients, events of watchdogs have none to name.
    package var wantsWatchdogs: Bool
    /// When it is not told of anything but tests; `nil`: never.
    package var quietHours: Schedule?
    /// The IANA zone of ``quietHours``, and of the times in a mail.
    package var timeZone: String
    /// How often it is told that an event is still active, 1 … 168; `nil`: not.
    package var reminderHours: Int?
    package var isEnabled: Bool

    /// How it is reached.
    package enum Channel: Hashable, Sendable {
        /// A POST to this URL.
        case webhook(url: String)
        case mail(address: String)

        /// The URL or the address.
        package var target: String {
            switch self {
            case .webhook(let target), .mail(let target): target
            }
        }

        /// Whether its messages are signed, for which it needs a secret.
        package var isSigned: Bool {
            switch self {
            case .webhook: true
            case .mail: false
            }
        }
    }

    package static let reminderHoursDefault = 4
    /// What may be set for ``reminderHours``.
    package static let reminderHoursRange = 1...168
    /// More are refused.
    package static let countMaximum = 200
    /// Shorter secrets are refused.
    package static let secretCharactersMinimum = 32

    package init(
        id: String, name: String, channel: Channel, wantsWatchdogs: Bool = false,
        quietHours: Schedule? = nil, timeZone: String = "UTC",
        reminderHours: Int? = Recipient.reminderHoursDefault, isEnabled: Bool = true
    ) {
        self.id = id
        self.name = name
        self.channel = channel
        self.wantsWatchdogs = wantsWatchdogs
        self.quietHours = quietHours
        self.timeZone = timeZone
        self.reminderHours = reminderHours
        self.isEnabled = isEnabled
    }
}

extension Recipient {
    /// The clock of ``timeZone``; a zone that is not known any more counts as UTC.
    package var clock: ZoneClock { ZoneClock(name: timeZone) ?? .utc }

    /// Whether a webhook may have this URL: `http://` or `https://` with a host, visible ASCII, no
    /// name and password in it, no fragment, at most 2,000 bytes.
    package static func isWebhookURL(_ text: String) -> Bool {
        guard text.utf8.count <= 2000, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let scheme = ["https://", "http://"].first(where: text.lowercased().hasPrefix),
            !text.contains(where: { "#\\\"<>`{}|^".contains($0) })
        else { return false }
        let authority = text.dropFirst(scheme.count).prefix { !"/?".contains($0) }
        return !authority.isEmpty && authority.first != ":" && !authority.contains("@")
    }

    /// Whether mail may be sent to this address: `name@host` in visible ASCII, without what means
    /// something in a header or a command (RFC 5321, 4.1.2, without its quoted forms); at most 254
    /// bytes.
    package static func isMailAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.count <= 64,
            !parts[1].isEmpty, text.utf8.count <= 254,
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            !text.contains(where: { "<>()[],;:\\\"".contains($0) })
        else { return false }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            !label.isEmpty && label.allSatisfy { $0 == "-" || $0.isLetter || $0.isNumber }
        }
    }

    /// Whether some time is left that is not quiet.
    package static func leavesTime(_ quietHours: Schedule) -> Bool {
        quietHours.startMinute != quietHours.endMinute || quietHours.days != .all
    }
}
