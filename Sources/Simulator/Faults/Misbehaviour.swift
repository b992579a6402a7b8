//  Misbehaviour.swift · Simulator
//
//  A schedule of faults for a share of all units, made from a seed:
//
//      ░░ upstreams that go wrong as a whole: each of their kinds in turn
//      ▒▒ units of other upstreams that go wrong by themselves: each of theirs in turn
//         everybody else is not touched
//
//      slot      0       1       2      …
//      unit a   ▒▒▒▒─── ▒▒▒▒▒── ▒▒▒─── …    a kind, then a pause in which all is well again
//      unit b   ▒▒▒──── ▒▒▒▒─── ▒▒▒▒─ …    the kinds that follow a's

import Monitoring

/// What share of the units goes wrong, and when.
package struct Misbehaviour: Hashable, Sendable {
    /// Of all units, above 0, at most 1.
    package var share: Double
    package var from: Duration
    package var to: Duration

    package init(share: Double, from: Duration, to: Duration) {
        self.share = share
        self.from = from
        self.to = to
    }

    /// What a kind should have at least, where the span is long enough.
    private static let slotSeconds: Int64 = 120

    /// The faults, the same for the same seed.
    ///
    /// Whole upstreams are chosen while their units are at most half of the share; units of their
    /// own are the rest. So every kind of a unit occurs, and every kind of an upstream where the
    /// share is at least twice the units of one; where all units go wrong, all upstreams do too.
    ///
    /// - Parameter units: names by upstream.
    func faults(units: [[String]], seed: UInt64) -> [Fault] {
        var random = SplitMix64(seed: seed ^ 0x6D69_7362_6568)
        let total = units.reduce(0) { $0 + $1.count }
        var left = min(total, max(1, Int((Double(total) * share).rounded())))
        var ofUpstreams = left / 2
        var upstreams: [Fault.Target] = []
        var candidates: [Fault.Target] = []
        for index in units.indices.shuffled(using: &random) {
            let count = units[index].count
            if count <= ofUpstreams {
                ofUpstreams -= count
                left -= count
                upstreams.append(.upstream(index + 1))
            } else {
                candidates += units[index].map { .unit($0, upstream: index + 1) }
            }
        }
        if Int((Double(total) * share).rounded()) >= total {
            upstreams = units.indices.map { .upstream($0 + 1) }
            candidates = units.indices.flatMap { index in
                units[index].map { .unit($0, upstream: index + 1) }
            }
            left = total
        }
        let chosen = Array(candidates.shuffled(using: &random).prefix(left))
        return turns(of: FaultKind.ofUnits, at: chosen, random: &random)
            + turns(of: FaultKind.ofUpstreams, at: upstreams, random: &random)
    }

    private func turns(
        of kinds: [FaultKind], at targets: [Fault.Target], random: inout SplitMix64
    ) -> [Fault] {
        guard !targets.isEmpty else { return [] }
        let kinds = kinds.shuffled(using: &random)
        let length = (to - from).microseconds
        let asked = Int(length / 1_000_000 / Misbehaviour.slotSeconds)
        let needed = (kinds.count + targets.count - 1) / targets.count
        let slots = min(kinds.count, max(needed, asked, 1))
        var faults: [Fault] = []
        for (number, target) in targets.enumerated() {
            for slot in 0..<slots {
                let kind = kinds[(number * slots + slot) % kinds.count]
                let begin = length * Int64(slot) / Int64(slots)
                let part = length / Int64(slots)
                let end = begin + part * Int64.random(in: 50...75, using: &random) / 100
                let isClock = kind == .clockBack || kind == .clockAhead
                faults.append(
                    Fault(
                        kind, of: target, from: from + .microseconds(begin),
                        to: from + .microseconds(end),
                        seconds: isClock ? [5, 90, 3600].randomElement(using: &random) : nil))
            }
        }
        return faults
    }
}
