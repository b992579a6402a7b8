//  Segment+Verify.swift · Store
//
//  Everything that walks through a whole segment.

import Monitoring

extension Segment {
    /// A unit's part of a segment.
    struct UnitSummary: Sendable {
        let ref: UnitRef
        let name: UnitID
        let first: Int64
        let last: Int64
        let frameCount: Int
    }

    /// Its units, ascending by number.
    var units: [UnitSummary] {
        index.units.map {
            UnitSummary(
                ref: $0.ref, name: $0.name, first: $0.first, last: $0.last,
                frameCount: $0.frameCount)
        }
    }

    /// Reads every page. O(bytes in it).
    /// - Returns: the blocks that cannot be read.
    func verify(with decompressor: borrowing ZstdDecompressor) -> [Damage] {
        var damage: [Damage] = []
        for unit in index.units {
            for block in unit.blocks {
                do {
                    _ = try read(block, with: decompressor)
                } catch {
                    damage.append(Damage(block, of: unit.name, in: self, error))
                }
            }
        }
        return damage
    }
}
