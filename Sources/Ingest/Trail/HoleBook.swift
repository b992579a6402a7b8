//  HoleBook.swift · Ingest
//
//  Where readings of a unit are missing, for the upstream's trail to fill, and when it may be asked.
//
//      readings   ││││││││                      ││││││││
//      hole               ├────────────────────┤
//      trail       ∙     ∙    ∙     ∙    ∙     ∙    ∙       a point a minute
//      taken                  ∙     ∙    ∙                  15 s away from either reading
//
//  The trail does not say whether the meter measured. So a hole is one only where it measured before
//  and after it; when it had been stopped before, from the start of the new measurement on.

import Monitoring

/// A stretch between two readings of a unit.
struct Hole: Hashable, Sendable {
    /// The time of the reading before it, or when the measurement began.
    let from: Timestamp
    /// The time of the reading after it.
    let to: Timestamp
    /// When that came.
    let foundAt: Duration
}

/// Which holes the trail is to be asked for, together.
struct TrailQuestion: Hashable, Sendable {
    let holes: [Hole]
    /// How far back, 1 … 24.
    let hours: Int
}

/// The holes of one unit. Pure; frames that go forward, in order of arrival.
struct HoleBook: Hashable, Sendable {
    /// A hole is longer than this, in milliseconds.
    static let holeMinimumMilliseconds: Int64 = 120_000
    /// A point is at least so far from the readings around its hole: it must not be one of them once
    /// more, and no dwell reaches as far.
    static let marginMilliseconds = Dwell.defaultMaximumMilliseconds
    /// Points are at least so far apart, which makes at most 1,465 a day. The upstream keeps one each
    /// 60 to 70 s.
    static let spacingMilliseconds: Int64 = 59_000
    /// Between two questions about one unit.
    static let interval: Duration = .seconds(600)
    /// Holes that wait to be filled; past it the oldest stays one.
    static let holeCountMax = 16
    /// For how long the upstream keeps its trail.
    private static let memoryMilliseconds: Int64 = 86_400_000

    private struct Edge: Hashable {
        let time: Timestamp
        let isMeasuring: Bool

        init(_ frame: Frame) {
            time = frame.time
            isMeasuring = frame.state.contains(.measuring)
        }
    }

    private var newest: Edge?
    private var askedAt: Duration?
    /// Ascending.
    private(set) var holes: [Hole] = []

    /// - Parameter newest: the newest frame that is stored: the first hole may begin with it.
    init(newest: Frame? = nil) { self.newest = newest.map(Edge.init) }

    /// Takes a frame that has levels and is newer than those before, but for a step of the clock.
    mutating func observe(_ frame: Frame, at now: Duration) {
        let before = newest
        newest = Edge(frame)
        guard let before, frame.state.contains(.measuring) else { return }
        let start = before.isMeasuring ? before.time : frame.measurementStart
        guard let from = start.map({ max($0, before.time) }),
            frame.time.milliseconds(since: from) > HoleBook.holeMinimumMilliseconds
        else { return }
        holes.append(Hole(from: from, to: frame.time, foundAt: now))
        if holes.count > HoleBook.holeCountMax { holes.removeFirst() }
    }

    /// Since when a hole waits, if the trail may be asked for at `now`.
    func waitingSince(at now: Duration) -> Duration? {
        if let askedAt, now - askedAt < HoleBook.interval { return nil }
        return holes.first?.foundAt
    }

    /// The question that is asked now; `nil` when there is none left to ask.
    mutating func ask(at now: Duration) -> TrailQuestion? {
        func age(_ hole: Hole, since time: Timestamp) -> Int64 {
            hole.to.milliseconds(since: time) + (now - hole.foundAt).milliseconds
        }
        holes.removeAll { age($0, since: $0.to) >= HoleBook.memoryMilliseconds }
        guard let age = holes.map({ age($0, since: $0.from) }).max() else { return nil }
        askedAt = now
        return TrailQuestion(holes: holes, hours: Int(min(24, max(1, (age + 3_599_999) / 3_600_000))))
    }

    /// Takes the answer: its holes are no longer waiting, whatever is in it.
    ///
    /// - Returns: the points that lie in them, ascending.
    mutating func close(_ question: TrailQuestion, with trail: SLMMTrail) -> [SLMMTrail.Point] {
        // Holes of another meter, which was read under this name before, are nobody's any more.
        let answered = question.holes.filter(holes.contains)
        holes.removeAll(where: answered.contains)
        var taken: [SLMMTrail.Point] = []
        for point in trail.points where answered.contains(where: { $0.takes(point.time) }) {
            if let last = taken.last,
                point.time.milliseconds(since: last.time) < HoleBook.spacingMilliseconds
            {
                continue
            }
            taken.append(point)
        }
        return taken
    }

    /// The unit is another meter now, whose trail says nothing of what was before.
    mutating func forget() { self = HoleBook() }
}

extension Hole {
    fileprivate func takes(_ time: Timestamp) -> Bool {
        time.milliseconds(since: from) >= HoleBook.marginMilliseconds
            && to.milliseconds(since: time) >= HoleBook.marginMilliseconds
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
