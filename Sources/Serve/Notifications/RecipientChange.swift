//  RecipientChange.swift · Serve
//
//  What may be set of a recipient, read strictly. Pure.

import JSON
import Monitoring

/// A recipient as a request's body wants it: what it leaves out stays, or is the default.
struct RecipientChange {
    private(set) var recipient: Recipient
    /// A new secret; `nil`: none was given.
    private(set) var secret: String?
    private var faults: [Problem.Fault] = []
    private var channelName: String?
    private var target: String?

    private static let keys =
        "name, channel, target, watchdogs, quiet_hours, time_zone, reminder_hours, enabled and secret"

    /// A new recipient.
    ///
    /// - Throws: 422 with every key that is not known or is missing, and every value that cannot be.
    static func new(
        _ members: [JSONValue.Member], makeID: () -> String
    ) throws(Problem) -> RecipientChange {
        let given = members.first { $0.key == "id" }
        let id = given?.value.string ?? makeID()
        // Without a target there is a fault below, and none of this leaves here.
        var change = RecipientChange(
            recipient: Recipient(id: id, name: "", channel: .webhook(url: "")))
        if let given, given.value.string.map(UnitID.isPlain) != true {
            change.refuse("id", "must be 1 to 64 of A-Z, a-z, 0-9, _ and -")
        }
        for member in members where member.key != "id" { change.take(member) }
        for key in ["name", "channel", "target"] where !members.contains(where: { $0.key == key }) {
            change.refuse(key, "is missing")
        }
        return try change.checked()
    }

    /// `recipient` with what `members` says.
    ///
    /// - Throws: 422, as above.
    static func apply(
        _ members: [JSONValue.Member], to recipient: Recipient
    ) throws(Problem) -> RecipientChange {
        var change = RecipientChange(recipient: recipient)
        for member in members { change.take(member) }
        return try change.checked()
    }

    private init(recipient: Recipient) { self.recipient = recipient }

    private mutating func checked() throws(Problem) -> RecipientChange {
        takeChannel()
        if secret != nil, !recipient.channel.isSigned {
            refuse("secret", "is of webhooks only; a mail is not signed")
        }
        guard faults.isEmpty else { throw .unprocessable(faults) }
        return self
    }

    private mutating func take(_ member: JSONValue.Member) {
        let value = member.value
        switch member.key {
        case "name":
            guard let name = value.string, isName(name) else {
                return refuse(member.key, "must be 1 to 200 printable characters")
            }
            recipient.name = name
        case "channel":
            guard let name = value.string, ["webhook", "mail"].contains(name) else {
                return refuse(member.key, "must be webhook or mail")
            }
            channelName = name
        case "target":
            guard let text = value.string else { return refuse(member.key, "must be a string") }
            target = text
        case "watchdogs": set(\.wantsWatchdogs, member)
        case "enabled": set(\.isEnabled, member)
        case "quiet_hours":
            guard let hours = QuietHoursBody(value) else {
                return refuse(member.key, QuietHoursBody.rule)
            }
            recipient.quietHours = hours.schedule
        case "time_zone":
            guard let name = value.string, ZoneClock(name: name) != nil else {
                return refuse(member.key, "must be a name of the time zone database, like Europe/London")
            }
            recipient.timeZone = name
        case "reminder_hours": takeReminder(value)
        case "secret":
            guard let text = value.string, isSecret(text) else {
                return refuse(member.key, "must be 32 to 256 visible ASCII characters")
            }
            secret = text
        default:
            refuse(member.key, "is not something to set; there are \(RecipientChange.keys)")
        }
    }

    private mutating func set(
        _ path: WritableKeyPath<Recipient, Bool>, _ member: JSONValue.Member
    ) {
        guard let value = member.value.bool else {
            return refuse(member.key, "must be true or false")
        }
        recipient[keyPath: path] = value
    }

    private mutating func takeReminder(_ value: JSONValue) {
        let range = Recipient.reminderHoursRange
        if case .null = value {
            recipient.reminderHours = nil
        } else if case .number(let text) = value, let hours = Int(text), range.contains(hours) {
            recipient.reminderHours = hours
        } else {
            refuse(
                "reminder_hours",
                "must be a whole number from \(range.lowerBound) to \(range.upperBound), or null")
        }
    }

    /// Channel and target fit together, whichever of them was named.
    private mutating func takeChannel() {
        let isMail: Bool =
            switch (channelName, recipient.channel) {
            case ("mail", _): true
            case ("webhook", _): false
            case (_, .mail): true
            case (_, .webhook): false
            }
        if channelName == nil, target == nil { return }
        let text = target ?? recipient.channel.target
        if isMail {
            guard Recipient.isMailAddress(text) else {
                return refuse("target", "must be one mail address, like name@example.org")
            }
            recipient.channel = .mail(address: text)
        } else {
            guard Recipient.isWebhookURL(text) else {
                return refuse(
                    "target", "must be an http or https URL without name, password and fragment")
            }
            recipient.channel = .webhook(url: text)
        }
    }

    private func isName(_ text: String) -> Bool {
        (1...200).contains(text.count)
            && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }

    private func isSecret(_ text: String) -> Bool {
        (Recipient.secretCharactersMinimum...256).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private mutating func refuse(_ field: String, _ message: String) {
        if faults.contains(where: { $0.field == field }) { return }
        faults.append(Problem.Fault(field: field, message: message))
    }
}

/// Quiet hours as requests have them; `null` is none.
struct QuietHoursBody {
    static let rule =
        "must be null, or an object with start and end like \"22:00\", days of mon to sun and "
        + "except_dates like \"2026-12-25\", that leaves some time"

    let schedule: Schedule?

    /// `nil` when it is neither.
    init?(_ value: JSONValue) {
        if case .null = value {
            schedule = nil
            return
        }
        guard let members = value.members,
            members.allSatisfy({ ["start", "end", "days", "except_dates"].contains($0.key) }),
            let start = QuietHoursBody.minute(value["start"]),
            let end = QuietHoursBody.minute(value["end"])
        else { return nil }
        var schedule = Schedule(startMinute: start, endMinute: end)
        if let days = value["days"] {
            guard let names = QuietHoursBody.texts(days), let days = Weekdays(names: names) else {
                return nil
            }
            schedule.days = days
        }
        if let dates = value["except_dates"] {
            guard let texts = QuietHoursBody.texts(dates), texts.count <= 400 else { return nil }
            let days = texts.compactMap { CalendarDay($0) }
            guard days.count == texts.count else { return nil }
            schedule.exceptDates = days
        }
        guard Recipient.leavesTime(schedule) else { return nil }
        self.schedule = schedule
    }

    private static func texts(_ value: JSONValue) -> [String]? {
        guard let values = value.array else { return nil }
        let texts = values.compactMap(\.string)
        return texts.count == values.count ? texts : nil
    }

    /// `22:00` is 1,320.
    private static func minute(_ value: JSONValue?) -> Int? {
        guard let text = value?.string, text.utf8.count == 5,
            text.utf8.dropFirst(2).first == UInt8(ascii: ":"),
            text.utf8.enumerated().allSatisfy({ $0 == 2 || (48...57).contains($1) }),
            let hour = Int(text.prefix(2)), let minute = Int(text.suffix(2)), hour < 24, minute < 60
        else { return nil }
        return hour * 60 + minute
    }
}
