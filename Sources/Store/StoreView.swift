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
        var tombstones: [Tombstone] = []
        var damage: [Damage] = []
        /// Why frames cannot be written at present.
        var reasons: [String] = []
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

    /// A unit's number; a new one when it was never seen.
    func reference(to unit: UnitID) -> UnitRef {
        withState { state in
            if let ref = state.refs[unit] { return ref }
            let ref = UnitRef(state.names.count)
            state.define(ref, as: unit)
            return ref
        }
    }

    /// What there is of a unit now; `nil` for one that was never seen.
    func unit(_ name: UnitID) -> UnitView? {
        withState { state in state.refs[name].flatMap { state.unit($0) } }
    }

    func name(of ref: UnitRef) -> UnitID? {
        withState { Int(ref) < $0.names.count ? $0.names[Int(ref)] : nil }
    }

    func unit(numbered ref: UnitRef) -> UnitView? { withState { $0.unit(ref) } }
}

extension StoreView.State {
    fileprivate func unit(_ ref: UnitRef) -> UnitView? {
        names[Int(ref)].map { name in
            UnitView(
                name: name, ref: ref, head: heads[Int(ref)], segments: segments,
                tombstones: tombstones.filter { $0.ref == ref },
                newest: newest[Int(ref)].map(Timestamp.init(milliseconds:)))
        }
    }
}
