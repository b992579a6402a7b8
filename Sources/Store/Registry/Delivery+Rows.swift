//  Delivery+Rows.swift · Store
//
//  Recipients and deliveries as rows of the registry; an event as the JSON that goes along with a
//  delivery, so that the log tells what was sent whatever becomes of the event.

import GRDB
import Monitoring

extension Recipient {
    /// `nil` for a row that this version does not know how to use.
    init?(row: Row, id: String) {
        let target: String = row["target"]
        let channel: Channel
        switch row["channel"] as String {
        case "webhook": channel = .webhook(url: target)
        case "mail": channel = .mail(address: target)
        default: return nil
        }
        var quietHours: Schedule?
        if let text = row["quiet_hours"] as String? {
            // Better told at a bad time than never.
            quietHours = try? StoredJSON.value(text, as: Schedule.self)
        }
        self.init(
            id: id, name: row["name"], channel: channel, wantsWatchdogs: row["wants_watchdogs"],
            quietHours: quietHours, timeZone: row["time_zone"],
            reminderHours: row["reminder_hours"], isEnabled: row["enabled"])
    }

    func store(secret: String?, _ db: Database) throws {
        let channelName =
            switch channel {
            case .webhook: "webhook"
            case .mail: "mail"
            }
        try db.execute(
            sql: "INSERT OR REPLACE INTO recipient VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                id, name, channelName, channel.target, channel.isSigned ? secret : nil, wantsWatchdogs,
                try quietHours.map(StoredJSON.text), timeZone, reminderHours, isEnabled,
            ])
    }
}

extension Delivery {
    /// `nil` for a row that this version does not know.
    init?(row: Row) {
        guard let kind = Monitoring.Notification.Kind(rawValue: row["kind"]),
            let status = Status(rawValue: row["status"])
        else { return nil }
        self.init(
            number: row["number"], id: row["id"], recipient: row["recipient"], kind: kind,
            eventKey: row["event_key"],
            event: (row["event"] as String?).flatMap {
                // Another version may have written it.
                try? StoredJSON.value($0, as: SoundEvent.self)
            },
            createdAt: Timestamp(milliseconds: row["created_ms"]))
        self.status = status
        dueAt = Timestamp(milliseconds: row["due_ms"])
        attempts = row["attempts"]
        firstAttemptAt = (row["first_attempt_ms"] as Int64?).map(Timestamp.init(milliseconds:))
        finishedAt = (row["finished_ms"] as Int64?).map(Timestamp.init(milliseconds:))
        outcome = row["outcome"]
    }
}
