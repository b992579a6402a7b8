//  DeliveryBook.swift · Monitoring
//
//  What is to be told, for whoever tells it; and who is told, for whoever configures it.

/// The deliveries, for the one who makes them. Implemented by the registry.
///
/// What is to be told is written with the event itself, so nothing is lost between the two, and
/// whoever delivers may stop at any moment: what is not settled is due again.
package protocol DeliveryBook: Sendable {
    /// The oldest delivery of each recipient whose time has come, at most one of each. One that
    /// arose after another of the same event waits until that one is settled.
    func dueDeliveries(at now: Timestamp) async throws -> [DueDelivery]
    /// Writes down what became of an attempt.
    func settle(_ number: Int64, _ settlement: DeliverySettlement, at now: Timestamp) async throws
    /// Puts off everything for `recipient` but tests until `end`; of each event only the newest
    /// message stays, the others become ``Delivery/Status/merged``.
    func hold(recipient: String, until end: Timestamp, at now: Timestamp) async throws
    /// Adds a delivery for each recipient whose time has come to be told that an event is still
    /// active. After a pause of the service it is one, however many were missed.
    func remind(at now: Timestamp) async throws
    /// Forgets settled deliveries that arose before `time`.
    func forgetDeliveries(before time: Timestamp) async throws
}

/// What became of an attempt.
package enum DeliverySettlement: Hashable, Sendable {
    /// With the other end's word, such as `200`.
    case delivered(String)
    /// With the reason, and when it is tried again.
    case failed(String, retryAt: Timestamp)
    /// With the reason; there is no further attempt.
    case dead(String)
}

/// Who is told, and the log of what they were told. Implemented by the registry.
package protocol RecipientBook: Sendable {
    /// All recipients, ascending by id.
    func recipients() async throws -> [Recipient]
    /// Stores a new recipient.
    ///
    /// - Parameter secret: signs a webhook's messages; kept, and never answered by anything here.
    /// - Throws: ``RecipientError``.
    func add(_ recipient: Recipient, secret: String?) async throws
    /// Changes a recipient, everything or nothing; nobody else changes it meanwhile. What waits for
    /// one that is switched off is dead.
    ///
    /// - Parameter decide: gets the recipient as it is, and room for a new secret; without one the
    ///   old one stays.
    /// - Throws: ``RecipientError/unknown``, and what `decide` throws: then nothing has changed.
    func change<Result: Sendable>(
        recipient id: String, at now: Timestamp,
        _ decide: @Sendable (inout Recipient, inout String?) throws -> Result
    ) async throws -> Result
    /// Forgets a recipient; what was not delivered is dead, and the log stays.
    /// - Returns: false when there is none.
    func removeRecipient(_ id: String, at now: Timestamp) async throws -> Bool
    /// Adds a test to be delivered, quiet hours or not; one that waits already is due again.
    /// - Throws: ``RecipientError/unknown``.
    func addTest(for recipient: String, at now: Timestamp) async throws -> Delivery
    /// The log, newest first.
    func deliveries(_ question: DeliveryQuestion) async throws -> DeliveryPage
}

/// Why a recipient could not be stored.
package enum RecipientError: Error, Hashable, Sendable {
    /// There is no recipient of this id.
    case unknown(String)
    /// There is one of this id.
    case taken(String)
    /// There are as many as there may be.
    case tooMany(maximum: Int)
}

/// Which deliveries are asked for.
package struct DeliveryQuestion: Hashable, Sendable {
    /// `nil`: all.
    package var status: Delivery.Status?
    /// ``Recipient/id``; `nil`: all.
    package var recipient: String?
    /// ``SoundEvent/key``; `nil`: all, and tests.
    package var event: String?
    /// At most so many, 1 … 1,000.
    package var limit = 100
    /// Where the page before ended: its ``DeliveryPage/next``.
    package var before: Int64?

    package init() {}

    /// For who wants to know how many wait and are dead, and little more.
    package static let counts: DeliveryQuestion = {
        var question = DeliveryQuestion()
        question.limit = 1
        return question
    }()
}

/// Some deliveries, newest first.
package struct DeliveryPage: Hashable, Sendable {
    package var deliveries: [Delivery]
    /// Deliveries that are waiting, and those that nobody got, of all there are.
    package var pending: Int
    package var dead: Int
    /// `nil` at the end.
    package var next: Int64?

    package init(deliveries: [Delivery], pending: Int, dead: Int, next: Int64?) {
        self.deliveries = deliveries
        self.pending = pending
        self.dead = dead
        self.next = next
    }
}
