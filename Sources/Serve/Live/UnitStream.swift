//  UnitStream.swift · Serve
//
//  What the viewers of one unit have been told. Pure: frames, states and times in, messages out.

import Monitoring

/// What the viewers of one unit have been told.
struct UnitStream {
    /// How long a stream may be silent.
    static let silenceMilliseconds: Int64 = 25_000

    /// As many as ``LiveFeed/recent(_:after:)`` can bring once more.
    static let toldMaximum = 64

    /// The frames told last. Not only the newest time: when the upstream's clock goes back, new
    /// frames have older times, and perhaps the same.
    private var told: [Told] = []

    private struct Told: Equatable {
        let time: Timestamp
        let levels: Levels

        init(_ frame: Frame) {
            time = frame.time
            levels = frame.levels
        }
    }
    private var status: LiveState.Status?
    private var spoke: Timestamp?

    /// Those of `frames` that were not told yet; from now on they were.
    mutating func take(_ frames: [Frame], at now: Timestamp) -> [Frame] {
        let unseen = frames.filter { !told.contains(Told($0)) }
        guard !unseen.isEmpty else { return [] }
        told += unseen.map(Told.init)
        told.removeFirst(max(0, told.count - UnitStream.toldMaximum))
        spoke = now
        return unseen
    }

    /// The unit's state when it is another than was told.
    mutating func change(to state: LiveState, at now: Timestamp) -> LiveState.Status? {
        let next = state.status(at: now)
        guard next != status else { return nil }
        status = next
        spoke = now
        return next
    }

    /// Viewers were told something else.
    mutating func speak(at now: Timestamp) { spoke = now }

    /// True when viewers have to be shown that the stream lives.
    mutating func needsHeartbeat(at now: Timestamp) -> Bool {
        // A clock that was set back must not silence a stream.
        guard let spoke, spoke <= now else {
            self.spoke = now
            return false
        }
        guard now.milliseconds(since: spoke) >= UnitStream.silenceMilliseconds else { return false }
        self.spoke = now
        return true
    }

    /// Since when `status` holds, as far as it is known.
    static func since(_ status: LiveState.Status, _ state: LiveState) -> Timestamp? {
        switch status {
        case .ok, .waiting: state.feed?.since
        case .stale: state.newest?.time
        case .unreachable, .upstreamDown: state.feed?.since ?? state.newest?.time
        }
    }
}
