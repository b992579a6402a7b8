//  Notification.swift · Monitoring
//
//  What there is to tell of an event, decided from the event before and after a change of it.
//
//      ──onset──▶ active ──escalation──▶ active ──still active, each N hours──▶ ──clear──▶
//
//  It is decided where the event is stored, in the same transaction: told once, and never lost.

/// Something to tell.
package enum Notification {
    package enum Kind: String, CaseIterable, Sendable, Codable {
        case onset
        /// A warning became an alarm.
        case escalation
        /// An event has been active for another of the recipient's intervals.
        case stillActive = "still_active"
        case clear
        /// Somebody pressed the button.
        case test
    }

    /// What is to be told when an event that was stored as `before` is stored as `after`, in this
    /// order. Storing the same again tells nothing, so a change that is redone after a crash is
    /// told once.
    ///
    /// - Parameters:
    ///   - before: `nil` for a new event.
    ///   - after: nothing is told of one that was found in imported levels.
    package static func kinds(before: SoundEvent?, after: SoundEvent) -> [Kind] {
        guard !after.isReplayed, before?.isActive ?? true else { return [] }
        var kinds: [Kind] = []
        if let before {
            if before.level == .warning, after.level == .alarm { kinds.append(.escalation) }
        } else {
            kinds.append(.onset)
        }
        if !after.isActive { kinds.append(.clear) }
        return kinds
    }

    /// Whether `recipient` is told of the onset of `event`. Of what comes after it, those are told
    /// who were told of the onset.
    package static func concerns(_ recipient: Recipient, _ event: SoundEvent) -> Bool {
        guard recipient.isEnabled else { return false }
        guard let rule = event.rule else { return recipient.wantsWatchdogs }
        return rule.recipients.contains(recipient.id)
    }
}
