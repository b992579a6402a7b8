//  FaultTimeline.swift · Simulator
//
//  The faults of one unit, or of one upstream, by time:
//
//      waiting ──from──▶ active ──to──▶ gone
//
//  Whoever owns it turns it at each edge and does what begins or ends there.

/// Faults of one target. Pure: it moves only when it is turned. Times are microseconds of the play.
struct FaultTimeline: Sendable {
    struct Entry: Equatable, Sendable {
        /// Of the fault that this is, or is a part of.
        let id: Int
        let kind: FaultKind
        let seconds: Int
        let from: Int64
        /// Exclusive; `.max` has no end.
        var to: Int64
    }
    enum Edge: Equatable {
        case begins(Entry)
        case ends(Entry)
    }

    private var waiting: [Entry] = []
    private(set) var active: [Entry] = []
    /// When it must be turned next; `.max` for never.
    private(set) var nextEdge = Int64.max

    func has(_ kind: FaultKind) -> Bool {
        // Almost always there is none, and this is asked at each poll.
        !active.isEmpty && active.contains { $0.kind == kind }
    }

    mutating func add(_ entry: Entry) {
        precondition(entry.from < entry.to)
        waiting.append(entry)
        findNextEdge()
    }

    /// Takes back what did not begin, and ends what did at `time`.
    mutating func remove(id: Int, at time: Int64) {
        waiting.removeAll { $0.id == id }
        for index in active.indices where active[index].id == id {
            active[index].to = min(active[index].to, time)
        }
        findNextEdge()
    }

    /// Moves past ``nextEdge``: what ends there, then what begins there.
    mutating func turn() -> [Edge] {
        let time = nextEdge
        let ended = active.filter { $0.to <= time }
        let begun = waiting.filter { $0.from <= time }
        active.removeAll { $0.to <= time }
        waiting.removeAll { $0.from <= time }
        active += begun
        findNextEdge()
        return ended.map(Edge.ends) + begun.map(Edge.begins)
    }

    private mutating func findNextEdge() {
        nextEdge = min(waiting.map(\.from).min() ?? .max, active.map(\.to).min() ?? .max)
    }
}

extension Fault {
    /// A stall that pauses is so many stalls at most.
    private static let stallsMax = 10_000

    /// The fault on its target's timeline: one entry, but for a stall with a value, which lasts
    /// so many seconds, pauses as long, and so on.
    func entries(id: Int) -> [FaultTimeline.Entry] {
        let from = from.microseconds
        let to = max(from + 1, to?.microseconds ?? .max)
        let length = Int64(seconds ?? kind.usualSeconds)
        func entry(_ from: Int64, _ to: Int64) -> FaultTimeline.Entry {
            FaultTimeline.Entry(id: id, kind: kind, seconds: Int(length), from: from, to: to)
        }
        switch kind {
        case .restart:
            return [entry(from, min(to, from + length * 1_000_000))]
        case .stalled where length > 0:
            let step = length * 1_000_000
            return (0..<Int64(Fault.stallsMax)).map { from + 2 * step * $0 }
                .prefix { $0 < to }.map { entry($0, min(to, $0 + step)) }
        default:
            return [entry(from, to)]
        }
    }
}
