//  LiveFeed.swift · Monitoring
//
//  Pipeline → serve: what is happening now. Runs ahead of the disk by one group commit.

/// The newest frames of all units. Implemented by the pipeline's live hub.
package protocol LiveFeed: Sendable {
    /// What is known of `unit` now. O(1).
    func state(of unit: UnitID) -> LiveState
    /// The frames of `unit` after `time`, ascending by time, at most the newest 64. When the
    /// upstream's clock went back, those that it had told from there on before are no longer among
    /// them.
    func recent(_ unit: UnitID, after time: Timestamp?) -> [Frame]
    /// All updates from now on, in batches as they come.
    ///
    /// Frames of a unit ascend by time, until the upstream's clock goes back; they go on from there.
    /// A reader that falls behind by 1,024 batches loses the oldest; it refills from history.
    func updates() -> AsyncStream<[LiveUpdate]>
}

/// One thing that viewers are told at once.
package enum LiveUpdate: Hashable, Sendable {
    case frame(Frame)
    case feed(UnitID, FeedReport)
    /// An event began, changed or ended; on disk unless it says otherwise.
    case event(SoundEvent)

    /// `nil` for an event of a whole upstream.
    package var unit: UnitID? {
        switch self {
        case .frame(let frame): frame.unit
        case .feed(let unit, _): unit
        case .event(let event): event.unit
        }
    }
}

/// What is known of a unit at this moment.
package struct LiveState: Hashable, Sendable {
    /// The frame that came last since start-up, or the newest stored one; `nil` before the first
    /// ever.
    package var newest: Frame?
    /// `nil` before ingest has said anything of the unit.
    package var feed: FeedReport?

    package init(newest: Frame? = nil, feed: FeedReport? = nil) {
        self.newest = newest
        self.feed = feed
    }

    /// The word for how the unit is doing.
    package enum Status: String, Sendable {
        case ok, stale, unreachable, waiting
        case upstreamDown = "upstream_down"
    }

    /// How the unit is doing at `now`.
    ///
    /// The age of the newest sample goes first, because the upstream's own word on reachability
    /// is known to lie: fresh is at most max(5 s, 2.5 × the cadence in use). A sample that is ahead
    /// of our clock by more than that has no age; then the upstream's word has to do.
    package func status(at now: Timestamp) -> Status {
        let limit = max(5000, (feed?.cadenceMilliseconds ?? 1000) * 5 / 2)
        if let newest {
            let age = now.milliseconds(since: newest.time)
            if age <= limit, age >= -limit || feed?.fault == nil { return .ok }
        }
        switch feed?.fault {
        case .unreachable: return .unreachable
        case .upstreamDown: return .upstreamDown
        case .unusable, nil: return newest == nil ? .waiting : .stale
        case .neverRead: return newest == nil ? .waiting : .stale
        }
    }
}
