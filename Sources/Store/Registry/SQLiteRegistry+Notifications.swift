//  SQLiteRegistry+Notifications.swift · Store
//
//  What is to be told, from the transaction that stores an event to the log of what became of it.
//
//      event ──enqueueDeliveries──▶ delivery (pending) ──settle──▶ delivered · dead
//        └──▶ told: who knows of it, and when to tell them that it goes on

import GRDB
package import Monitoring

extension SQLiteRegistry {
    /// Past it the oldest deliveries that wait are given up.
    static let pendingDeliveriesMaximum = 10_000

    @Sendable static func makeNotifications(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE recipient (
                    id TEXT NOT NULL PRIMARY KEY,
                    name TEXT NOT NULL,
                    channel TEXT NOT NULL,
                    target TEXT NOT NULL,
                    secret TEXT,
                    wants_watchdogs INTEGER NOT NULL,
                    quiet_hours TEXT,
                    time_zone TEXT NOT NULL,
                    reminder_hours INTEGER,
                    enabled INTEGER NOT NULL
                );
                CREATE TABLE delivery (
                    number INTEGER PRIMARY KEY AUTOINCREMENT,
                    id TEXT NOT NULL UNIQUE,
                    recipient TEXT NOT NULL,
                    kind TEXT NOT NULL,
                    event_key TEXT NOT NULL,
                    event TEXT,
                    status TEXT NOT NULL DEFAULT 'pending',
                    created_ms INTEGER NOT NULL,
                    due_ms INTEGER NOT NULL,
                    is_held INTEGER NOT NULL DEFAULT 0,
                    attempts INTEGER NOT NULL DEFAULT 0,
                    first_attempt_ms INTEGER,
                    finished_ms INTEGER,
                    outcome TEXT
                );
                CREATE INDEX delivery_pending ON delivery (recipient, event_key, number)
                    WHERE status = 'pending';
                CREATE INDEX delivery_status ON delivery (status, number);
                CREATE INDEX delivery_created ON delivery (created_ms);
                CREATE INDEX delivery_event ON delivery (event_key, number);
                CREATE TABLE told (
                    recipient TEXT NOT NULL,
                    event_key TEXT NOT NULL,
                    event TEXT NOT NULL,
                    is_alarm INTEGER NOT NULL,
                    remind_ms INTEGER,
                    PRIMARY KEY (recipient, event_key)
                );
                CREATE INDEX told_remind ON told (remind_ms) WHERE remind_ms IS NOT NULL;
                """)
        // Rules are checked against the recipients that there are.
        try countChanges(of: ["recipient"], db)
    }

    /// Adds what is to be told of a change of an event, in the transaction that stores it.
    ///
    /// - Parameters:
    ///   - event: as it is stored now, with its id.
    ///   - before: as it was stored; `nil` for a new one.
    ///   - now: the time of day; `nil`: by SQLite's own clock.
    static func enqueueDeliveries(
        for event: SoundEvent, before: SoundEvent?, at now: Timestamp? = nil, _ db: Database
    ) throws {
        let kinds = Notification.kinds(before: before, after: event)
        if kinds.isEmpty, before == event || !event.isActive { return }
        let now = try now ?? clock(db)
        let snapshot = try StoredJSON.text(event)
        for kind in kinds {
            if kind == .onset { try tellOnset(of: event, snapshot, at: now, db) }
            else { try tell(kind, of: event, snapshot, at: now, db) }
        }
        if event.isActive {
            try db.execute(
                sql: "UPDATE told SET event = ?, is_alarm = is_alarm OR ? WHERE event_key = ?",
                arguments: [snapshot, event.level == .alarm, event.key])
        } else {
            try db.execute(sql: "DELETE FROM told WHERE event_key = ?", arguments: [event.key])
        }
        if !kinds.isEmpty { try giveUpOldest(at: now, db) }
    }

    private static func tellOnset(
        of event: SoundEvent, _ snapshot: String, at now: Timestamp, _ db: Database
    ) throws {
        for recipient in try recipients(db) where Notification.concerns(recipient, event) {
            try db.execute(
                sql: "INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    recipient.id, event.key, snapshot, event.level == .alarm,
                    recipient.reminder(after: now),
                ])
            try addDelivery(.onset, to: recipient.id, event.key, snapshot, at: now, db)
        }
    }

    private static func tell(
        _ kind: Notification.Kind, of event: SoundEvent, _ snapshot: String, at now: Timestamp,
        _ db: Database
    ) throws {
        let told = try String.fetchAll(
            db,
            sql: """
                SELECT recipient FROM told WHERE event_key = ? AND (? OR NOT is_alarm)
                ORDER BY recipient
                """,
            arguments: [event.key, kind != .escalation])
        for recipient in told {
            try addDelivery(kind, to: recipient, event.key, snapshot, at: now, db)
        }
    }

    /// In the place of what quiet hours hold of its event, and of reminders that nobody got yet when
    /// the event is over.
    ///
    /// - Returns: its number.
    @discardableResult
    static func addDelivery(
        _ kind: Notification.Kind, to recipient: String, _ eventKey: String, _ event: String?,
        at now: Timestamp, _ db: Database
    ) throws -> Int64 {
        let held = try Int64.fetchOne(
            db,
            sql: """
                SELECT MAX(due_ms) FROM delivery
                WHERE recipient = ? AND event_key = ? AND status = 'pending' AND is_held
                """,
            arguments: [recipient, eventKey])
        try db.execute(
            sql: """
                UPDATE delivery SET status = 'merged', finished_ms = ?, outcome = ?
                WHERE recipient = ? AND event_key = ? AND status = 'pending'
                    AND (is_held OR (? AND kind = 'still_active'))
                """,
            arguments: [
                now.milliseconds, SQLiteRegistry.mergedOutcome, recipient, eventKey, kind == .clear,
            ])
        try db.execute(
            sql: """
                INSERT INTO delivery
                    (id, recipient, kind, event_key, event, created_ms, due_ms, is_held)
                VALUES (lower(hex(randomblob(16))), ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                recipient, kind.rawValue, eventKey, event, now.milliseconds,
                held ?? now.milliseconds, held != nil,
            ])
        return db.lastInsertedRowID
    }

    private static let mergedOutcome = "a newer message of its event goes in its place"

    private static func giveUpOldest(at now: Timestamp, _ db: Database) throws {
        let waiting = try Int.fetchOne(
            db, sql: "SELECT COUNT(*) FROM delivery WHERE status = 'pending'")!
        guard waiting > pendingDeliveriesMaximum else { return }
        try db.execute(
            sql: """
                UPDATE delivery SET status = 'dead', finished_ms = ?, outcome = ?
                WHERE number IN (
                    SELECT number FROM delivery WHERE status = 'pending' ORDER BY number LIMIT ?)
                """,
            arguments: [
                now.milliseconds,
                "more than \(pendingDeliveriesMaximum) messages were waiting; the oldest went",
                waiting - pendingDeliveriesMaximum,
            ])
    }

    private static func clock(_ db: Database) throws -> Timestamp {
        // Julian days since 1970, as milliseconds.
        let milliseconds = try Int64.fetchOne(
            db, sql: "SELECT CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)")!
        return Timestamp(milliseconds: milliseconds)
    }
}

extension SQLiteRegistry: DeliveryBook {
    package func dueDeliveries(at now: Timestamp) async throws -> [DueDelivery] {
        try look { db in
            let rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT delivery.*, recipient.id AS recipient_id, recipient.name,
                            recipient.channel, recipient.target, recipient.secret,
                            recipient.wants_watchdogs, recipient.quiet_hours, recipient.time_zone,
                            recipient.reminder_hours, recipient.enabled,
                            location.name || ', ' || project.name AS place
                        FROM delivery JOIN recipient ON recipient.id = delivery.recipient
                            LEFT JOIN location ON location.id = event ->> 'location'
                            LEFT JOIN project ON project.id = location.project
                        WHERE number IN (
                            SELECT MIN(number) FROM delivery AS one
                            WHERE status = 'pending' AND due_ms <= ? AND NOT EXISTS (
                                SELECT 1 FROM delivery AS earlier
                                WHERE earlier.recipient = one.recipient
                                    AND earlier.event_key = one.event_key
                                    AND earlier.status = 'pending' AND earlier.number < one.number)
                            GROUP BY recipient)
                        ORDER BY number
                        """), arguments: [now.milliseconds])
            return rows.compactMap { row in
                guard let delivery = Delivery(row: row),
                    let recipient = Recipient(row: row, id: row["recipient_id"])
                else { return nil }
                return DueDelivery(
                    delivery: delivery, recipient: recipient, secret: row["secret"],
                    place: row["place"])
            }
        }
    }

    package func settle(
        _ number: Int64, _ settlement: DeliverySettlement, at now: Timestamp
    ) async throws {
        let (status, outcome, due): (Delivery.Status, String, Timestamp?) =
            switch settlement {
            case .delivered(let word): (.delivered, word, nil)
            case .failed(let reason, let retryAt): (.pending, reason, retryAt)
            case .dead(let reason): (.dead, reason, nil)
            }
        try await pool.write { db in
            // It may have been given up meanwhile: what was delivered counts all the same.
            try db.execute(
                sql: """
                    UPDATE delivery SET status = ?, outcome = ?, due_ms = IFNULL(?, due_ms),
                        is_held = 0,
                        finished_ms = ?, attempts = attempts + 1,
                        first_attempt_ms = IFNULL(first_attempt_ms, ?)
                    WHERE number = ? AND (status = 'pending' OR ? = 'delivered')
                    """,
                arguments: [
                    status.rawValue, outcome, due?.milliseconds,
                    status == .pending ? nil : now.milliseconds, now.milliseconds, number,
                    status.rawValue,
                ])
        }
    }

    package func hold(recipient: String, until end: Timestamp, at now: Timestamp) async throws {
        try await pool.write { db in
            try db.execute(
                sql: """
                    UPDATE delivery SET status = 'merged', finished_ms = ?, outcome = ?
                    WHERE recipient = ? AND status = 'pending' AND EXISTS (
                        SELECT 1 FROM delivery AS later
                        WHERE later.recipient = delivery.recipient
                            AND later.event_key = delivery.event_key
                            AND later.status = 'pending' AND later.number > delivery.number)
                    """,
                arguments: [now.milliseconds, SQLiteRegistry.mergedOutcome, recipient])
            try db.execute(
                sql: """
                    UPDATE delivery SET due_ms = MAX(due_ms, ?), is_held = 1
                    WHERE recipient = ? AND status = 'pending' AND kind <> 'test'
                    """,
                arguments: [end.milliseconds, recipient])
        }
    }

    package func remind(at now: Timestamp) async throws {
        let isTime = try look { db in
            try Bool.fetchOne(
                db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM told WHERE remind_ms <= ?)"),
                arguments: [now.milliseconds])!
        }
        guard isTime else { return }
        try await pool.write { db in
            let told = try Row.fetchAll(
                db, sql: "SELECT * FROM told WHERE remind_ms <= ?", arguments: [now.milliseconds])
            let recipients = Dictionary(
                uniqueKeysWithValues: try SQLiteRegistry.recipients(db).map { ($0.id, $0) })
            for row in told {
                let (id, key): (String, String) = (row["recipient"], row["event_key"])
                // Only tells of what recipients want now.
                let next = recipients[id]?.reminder(after: now)
                if next != nil { try SQLiteRegistry.remind(id, key, row["event"], at: now, db) }
                try db.execute(
                    sql: "UPDATE told SET remind_ms = ? WHERE recipient = ? AND event_key = ?",
                    arguments: [next, id, key])
            }
            try SQLiteRegistry.giveUpOldest(at: now, db)
        }
    }

    /// One that waits already is renewed: whoever cannot be reached is not owed a pile of them.
    private static func remind(
        _ recipient: String, _ eventKey: String, _ event: String, at now: Timestamp, _ db: Database
    ) throws {
        try db.execute(
            sql: """
                UPDATE delivery SET event = ?
                WHERE recipient = ? AND event_key = ? AND status = 'pending'
                    AND kind = 'still_active'
                """,
            arguments: [event, recipient, eventKey])
        guard db.changesCount == 0 else { return }
        try addDelivery(.stillActive, to: recipient, eventKey, event, at: now, db)
    }

    package func forgetDeliveries(before time: Timestamp) async throws {
        try await pool.write { db in
            try db.execute(
                sql: "DELETE FROM delivery WHERE created_ms < ? AND status <> 'pending'",
                arguments: [time.milliseconds])
        }
    }
}

extension Recipient {
    /// When it is to be told that an event goes on, in Unix milliseconds.
    fileprivate func reminder(after now: Timestamp) -> Int64? {
        reminderHours.map { now.advanced(byMilliseconds: Int64($0) * 3_600_000).milliseconds }
    }
}
