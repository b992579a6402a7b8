//  Delivery.swift · Monitoring
//
//  One message to one recipient, from when it arose to its end.
//
//      pending ──taken by the other end──▶ delivered
//         ├──refused for good, or failing for 24 h──▶ dead
//         └──a newer one of its event, in quiet hours──▶ merged

/// One message to one recipient. It is delivered at least once; its ``id`` stays the same.
package struct Delivery: Hashable, Sendable {
    /// Its place in the order in which deliveries arose; given by the registry.
    package var number: Int64
    /// 32 hexadecimal digits, the same at each attempt, so that a receiver can tell repetitions.
    package var id: String
    /// ``Recipient/id``; the recipient may have been removed since.
    package var recipient: String
    package var kind: Notification.Kind
    /// ``SoundEvent/key``, by which messages of an event are kept in order; a test has its own.
    package var eventKey: String
    /// The event as it was when the message arose; `nil` for a test.
    package var event: SoundEvent?
    package var createdAt: Timestamp
    package var status: Status
    /// When it is tried next, while it is pending.
    package var dueAt: Timestamp
    /// Those that came to an end, in whatever way.
    package var attempts: Int
    package var firstAttemptAt: Timestamp?
    package var finishedAt: Timestamp?
    /// What the last attempt came to, or why there is no further one, in words.
    package var outcome: String?

    package enum Status: String, CaseIterable, Sendable { case pending, delivered, dead, merged }

    package init(
        number: Int64 = 0, id: String, recipient: String, kind: Notification.Kind,
        eventKey: String, event: SoundEvent?, createdAt: Timestamp
    ) {
        self.number = number
        self.id = id
        self.recipient = recipient
        self.kind = kind
        self.eventKey = eventKey
        self.event = event
        self.createdAt = createdAt
        status = .pending
        dueAt = createdAt
        attempts = 0
    }
}

/// A delivery whose time has come, and what is needed to make it.
package struct DueDelivery: Hashable, Sendable {
    package var delivery: Delivery
    package var recipient: Recipient
    /// What a webhook is signed with.
    package var secret: String?
    /// The event's location and its project as people know them, by their present names.
    package var place: String?

    package init(
        delivery: Delivery, recipient: Recipient, secret: String? = nil, place: String? = nil
    ) {
        self.delivery = delivery
        self.recipient = recipient
        self.secret = secret
        self.place = place
    }
}
