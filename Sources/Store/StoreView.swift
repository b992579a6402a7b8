//  StoreView.swift · Store
//
//  What readers see: the durable frames, at one instant. The writer changes it under the lock, in
//  one step for each commit, seal or compaction; readers copy references out and work without it.

import Monitoring
import Synchronization

/// The durable state of the store, shared by its writer and all readers.
final class StoreView: Sendable {
    struct State: Sendable {
        var refs: [UnitID: UnitRef] = [:]
        /// By `UnitRef`; gaps are units whose last segment is gone.
        var names: [UnitID?] = []
        var heads: [Head] = []
        /// By `UnitRef`: the time of the newest durable frame.
        var newest: [Int64?] = []
        /// In order of publication.
        var segments: [Segment] = []
        var damage: [Damage] = []
        /// Why frames cannot be written at present.
        var reasons: [String] = []
        /// What somebody should know, though all work is done.
        var warnings: [String] = []
        /// What the writer counts; the rest of ``statistics`` follows from the state.
        var numbers = StoreStatistics()

        var statistics: StoreStatistics {
            var numbers = numbers
            numbers.framesInHead = heads.reduce(0) { $0 + $1.count }
            for segment in segments {
                numbers.segments[segment.header.level, default: .init()].count += 1
                numbers.segments[segment.header.level, default: .init()].bytes += segment.bytes
            }
            numbers.damageCount = damage.count
            return numbers
        }

        /// Makes room for a unit's number and name. Repeating it changes nothing.
        mutating func define(_ ref: UnitRef, as name: UnitID) {
            while names.count <= Int(ref) {
                names.append(nil)
                heads.append(Head())
                newest.append(nil)
            }
            names[Int(ref)] = name
            refs[name] = ref
        }

        mutating func noteNewest(_ ref: UnitRef, _ time: Int64) {
            newest[Int(ref)] = max(newest[Int(ref)] ?? time, time)
        }
    }

    private let state = Mutex(State())

    func withState<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        state.withLock { body(&$0) }
    }

    /// The frames of a unit that touch `range`, where they are, and what goes before them.
    func sources(of unit: UnitID, around range: TimeRange) -> Sources {
        let (ref, head, segments, newest) = withState { state in
            guard let ref = state.refs[unit] else {
                return (UnitRef?.none, Head(), [Segment](), Int64?.none)
            }
            return (ref, state.heads[Int(ref)], state.segments, state.newest[Int(ref)])
        }
        guard let ref else { return Sources(items: [], newest: nil) }
        return Sources(
            items: Sources.items(of: ref, head: head, segments: segments, around: range),
            newest: newest.map(Timestamp.init(milliseconds:)))
    }
}

/// Where the frames of one unit around a range are.
struct Sources: Sendable {
    enum Item: Sendable {
        case head(FrameColumns)
        case block(Segment, BlockEntry)

        var first: Int64 {
            switch self {
            case .head(let columns): columns.times[0]
            case .block(_, let entry): entry.first
            }
        }
        var last: Int64 {
            switch self {
            case .head(let columns): columns.times[columns.count - 1]
            case .block(_, let entry): entry.last
            }
        }
    }

    /// Ascending by first time.
    let items: [Item]
    /// Time of the unit's newest durable frame.
    let newest: Timestamp?

    /// How far behind its end a range can still be covered by a frame's dwell.
    static let reachMilliseconds: Int64 = 300_000

    /// Everything that overlaps the range, the one item before it (the first frame's dwell is
    /// counted from the frame before, however old), and what follows close behind.
    static func items(
        of ref: UnitRef, head: Head, segments: [Segment], around range: TimeRange
    ) -> [Item] {
        let start = range.start.milliseconds
        let end = range.end.advanced(byMilliseconds: reachMilliseconds).milliseconds
        var candidates: [Item] = head.isEmpty ? [] : [.head(head.frames)]
        for segment in segments where segment.header.first <= end {
            guard let unit = segment.index.unit(ref), unit.first <= end else { continue }
            candidates += unit.blocks.map { .block(segment, $0) }
        }
        var found = candidates.filter { $0.last >= start && $0.first <= end }
        let earlier = candidates.filter { $0.last < start }
        if let before = earlier.max(by: { $0.last < $1.last }) { found.append(before) }
        return found.sorted { $0.first < $1.first }
    }
}
