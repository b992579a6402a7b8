//  Outbox.swift · Notify
//
//  Which of the deliveries that are due go out now. One at a time to each recipient, a few at a
//  time in all, and whoever was served longest ago goes first: recipients that do not answer, and
//  have much waiting, do not hold up those that do.

import Monitoring

/// Decides what goes out. Pure.
struct Outbox {
    /// What is to be done now.
    enum Step: Hashable {
        case send(DueDelivery)
        /// It is quiet there until then.
        case hold(recipient: String, until: Timestamp)
    }

    /// Deliveries on their way at once.
    let places: Int
    /// Recipients that something is on its way to.
    private(set) var busy: Set<String> = []
    /// The turn in which a recipient was served last; one that is not here waited longest.
    private var served: [String: Int] = [:]
    private var turn = 0

    init(places: Int = 4) { self.places = places }

    /// - Parameters:
    ///   - due: at most one delivery of each recipient.
    ///   - excluded: recipients that were busy when `due` was read: what is said of them is old.
    ///   - quietEnd: when the quiet ends that holds for a recipient; `nil` when none does.
    mutating func choose(
        from due: [DueDelivery], excluding excluded: Set<String>,
        quietEnd: (Recipient) -> Timestamp?
    ) -> [Step] {
        var steps: [Step] = []
        var ready: [DueDelivery] = []
        for due in due where !busy.union(excluded).contains(due.recipient.id) {
            if due.delivery.kind != .test, let end = quietEnd(due.recipient) {
                steps.append(.hold(recipient: due.recipient.id, until: end))
            } else {
                ready.append(due)
            }
        }
        ready.sort {
            (served[$0.recipient.id] ?? -1, $0.delivery.number)
                < (served[$1.recipient.id] ?? -1, $1.delivery.number)
        }
        // Forgotten are those with nothing to wait for.
        let known = busy.union(due.map(\.recipient.id))
        served = served.filter { known.contains($0.key) }
        for due in ready.prefix(max(0, places - busy.count)) {
            busy.insert(due.recipient.id)
            turn += 1
            served[due.recipient.id] = turn
            steps.append(.send(due))
        }
        return steps
    }

    /// What was on its way to `recipient` has come to an end that is written down.
    mutating func finish(_ recipient: String) { busy.remove(recipient) }
}
