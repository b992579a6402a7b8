//  PlayStep.swift · Serve
//
//  What happened around an event, in words: the machine's steps, people's, and what was told.

import Monitoring

/// One line of a player's list.
struct PlayStep {
    /// A `RuleStep.Kind`, `delivered` or `acknowledged`.
    let word: String
    let at: Timestamp
    /// The value judged; `nil` where there was none.
    let tenths: Int16?

    /// All of them, oldest first: of those at one instant the machine's in its order.
    ///
    /// - Parameter deliveries: of the event; those that reached somebody are steps.
    static func steps(
        of replay: EventReplay, _ event: SoundEvent, _ deliveries: [Delivery]
    ) -> [PlayStep] {
        var steps = replay.steps.map {
            PlayStep(word: $0.kind.rawValue, at: $0.at, tenths: $0.tenths)
        }
        steps += event.acknowledgements.map {
            PlayStep(word: "acknowledged", at: $0.at, tenths: nil)
        }
        steps += deliveries.filter { $0.status == .delivered }.compactMap { delivery in
            delivery.finishedAt.map { PlayStep(word: "delivered", at: $0, tenths: nil) }
        }
        // A peak is known at the end only.
        return steps.enumerated()
            .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
            .map(\.element)
    }

    /// The members `step`, `at`, `value`, for an object that has begun.
    func write(into text: inout JSONText) {
        text.key("step")
        text.string(word)
        text.key("at")
        text.time(at)
        text.key("value")
        text.tenths(tenths)
    }
}
