//  SQLiteRegistry+Recipients.swift · Store
//
//  Who is told of events. A webhook's secret is stored as it is, because messages are signed with
//  it; it leaves the registry with what is due, and by no other way.

import GRDB
package import Monitoring

extension SQLiteRegistry: RecipientBook {
    package func recipients() async throws -> [Recipient] {
        try look { try SQLiteRegistry.recipients($0) }
    }

    package func add(_ recipient: Recipient, secret: String?) async throws {
        try await pool.write { db in
            guard try SQLiteRegistry.recipientRow(recipient.id, db) == nil else {
                throw RecipientError.taken(recipient.id)
            }
            let count = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM recipient")!
            guard count < Recipient.countMaximum else {
                throw RecipientError.tooMany(maximum: Recipient.countMaximum)
            }
            try recipient.store(secret: secret, db)
        }
    }

    package func change<Result: Sendable>(
        recipient id: String, at now: Timestamp,
        _ decide: @Sendable (inout Recipient, inout String?) throws -> Result
    ) async throws -> Result {
        try await pool.write { db in
            guard let row = try SQLiteRegistry.recipientRow(id, db),
                var recipient = Recipient(row: row, id: id)
            else { throw RecipientError.unknown(id) }
            var secret: String?
            let before = recipient
            let result = try decide(&recipient, &secret)
            try recipient.store(secret: secret ?? row["secret"], db)
            if (recipient.quietHours, recipient.timeZone, recipient.channel)
                != (before.quietHours, before.timeZone, before.channel)
            {
                // What waits is looked at anew; it is held again if it is still too quiet for it.
                try db.execute(
                    sql: """
                        UPDATE delivery SET due_ms = ?, is_held = 0
                        WHERE recipient = ? AND status = 'pending'
                        """,
                    arguments: [now.milliseconds, id])
            }
            if !recipient.isEnabled {
                try SQLiteRegistry.giveUp(id, "the recipient was switched off", now, db)
            }
            return result
        }
    }

    package func removeRecipient(_ id: String, at now: Timestamp) async throws -> Bool {
        try await pool.write { db in
            guard try SQLiteRegistry.recipientRow(id, db) != nil else { return false }
            try db.execute(sql: "DELETE FROM recipient WHERE id = ?", arguments: [id])
            try SQLiteRegistry.giveUp(id, "the recipient was removed", now, db)
            return true
        }
    }

    package func addTest(for recipient: String, at now: Timestamp) async throws -> Delivery {
        try await pool.write { db in
            guard try SQLiteRegistry.recipientRow(recipient, db) != nil else {
                throw RecipientError.unknown(recipient)
            }
            let key = "test \(recipient) \(now.milliseconds)"
            // However often somebody presses the button, one test waits.
            let waiting = try Int64.fetchOne(
                db,
                sql: """
                    UPDATE delivery SET due_ms = ?
                    WHERE recipient = ? AND kind = 'test' AND status = 'pending' RETURNING number
                    """,
                arguments: [now.milliseconds, recipient])
            let number = try waiting
                ?? SQLiteRegistry.addDelivery(.test, to: recipient, key, nil, at: now, db)
            let row = try Row.fetchOne(
                db, sql: "SELECT * FROM delivery WHERE number = ?", arguments: [number])
            return Delivery(row: row!)!
        }
    }

    package func deliveries(_ question: DeliveryQuestion) async throws -> DeliveryPage {
        try look { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM delivery
                    WHERE (?1 IS NULL OR status = ?1) AND (?2 IS NULL OR recipient = ?2)
                        AND (?3 IS NULL OR number < ?3)
                        \(question.event == nil ? "AND ?5 IS NULL" : "AND event_key = ?5")
                    ORDER BY number DESC LIMIT ?4
                    """,
                arguments: [
                    question.status?.rawValue, question.recipient, question.before,
                    question.limit + 1, question.event,
                ])
            let count = { (status: Delivery.Status) in
                try Int.fetchOne(
                    db, sql: "SELECT COUNT(*) FROM delivery WHERE status = ?",
                    arguments: [status.rawValue])!
            }
            let page = rows.prefix(question.limit)
            return DeliveryPage(
                deliveries: page.compactMap(Delivery.init(row:)), pending: try count(.pending),
                dead: try count(.dead),
                next: rows.count > page.count ? page.last.map { $0["number"] } : nil)
        }
    }

    static func recipients(_ db: Database) throws -> [Recipient] {
        try Row.fetchAll(db, sql: "SELECT * FROM recipient ORDER BY id").compactMap {
            Recipient(row: $0, id: $0["id"])
        }
    }

    private static func recipientRow(_ id: String, _ db: Database) throws -> Row? {
        try Row.fetchOne(db, sql: "SELECT * FROM recipient WHERE id = ?", arguments: [id])
    }

    /// Nobody waits for what was to go there.
    private static func giveUp(
        _ recipient: String, _ reason: String, _ now: Timestamp, _ db: Database
    ) throws {
        try db.execute(sql: "DELETE FROM told WHERE recipient = ?", arguments: [recipient])
        try db.execute(
            sql: """
                UPDATE delivery SET status = 'dead', outcome = ?, finished_ms = ?
                WHERE recipient = ? AND status = 'pending'
                """,
            arguments: [reason, now.milliseconds, recipient])
    }
}
