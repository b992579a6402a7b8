//  OpenEvents.swift · Monitoring
//
//  Events that are going on, ahead of their records: a running peak is not written each second.

/// The events that are open now. Implemented by the pipeline.
package protocol OpenEvents: Sendable {
    /// As they are at this moment, with the ids of those that are recorded. O(units).
    func openEvents() -> [SoundEvent]
}

extension SoundEvent {
    /// This record, brought up to what is going on: what people said of it stays.
    package func following(_ open: SoundEvent) -> SoundEvent {
        var event = open
        event.id = id
        event.isSaved = isSaved
        event.acknowledgements = acknowledgements
        event.comments = comments
        return event
    }
}
