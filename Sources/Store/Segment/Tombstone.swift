//  Tombstone.swift · Store
//
//  Frames that were deleted and still lie in segments. Readers leave them out from the moment the
//  MANIFEST has the tombstone; the next rewrite of a segment leaves them out for good.

import Monitoring

/// A deleted stretch of one unit: frames with `from` ≤ time < `to` in segments made before.
struct Tombstone: Hashable, Sendable {
    /// Deletions that wait for their days to be written anew at most; more are refused.
    static let countMaximum = 10_000

    let ref: UnitRef
    let from: Int64
    let to: Int64
    /// Segments of lower generations are meant: what is imported afterwards stays.
    let generation: UInt64

    /// Whether it hides frames of a segment between `first` and `last`.
    func hides(_ ref: UnitRef, of segment: Segment, first: Int64, last: Int64) -> Bool {
        ref == self.ref && segment.generation < generation && first < to && last >= from
    }

    /// Whether all that an earlier one hides is hidden by this one.
    func covers(_ earlier: Tombstone) -> Bool {
        ref == earlier.ref && from <= earlier.from && to >= earlier.to
            && generation >= earlier.generation
    }
}

extension Tombstone {
    func append(to bytes: inout [UInt8]) {
        bytes.append(little: ref)
        bytes.append(little: from)
        bytes.append(little: to)
        bytes.append(little: generation)
    }

    init(_ reader: inout ByteReader) throws(FormatError) {
        ref = try reader.little()
        from = try reader.time()
        to = try reader.time()
        generation = try reader.number()
        guard from <= to else { throw FormatError("a deletion ends before it begins") }
    }
}

extension FrameColumns {
    /// These frames of a segment, without those that `tombstones` hide.
    func without(
        _ tombstones: [Tombstone], of ref: UnitRef, in segment: Segment
    ) -> FrameColumns {
        var rest = self
        for tombstone in tombstones {
            guard let first = rest.times.first, let last = rest.times.last,
                tombstone.hides(ref, of: segment, first: first, last: last)
            else { continue }
            let kept = rest
            rest = kept.slice(0..<kept.firstIndex(atOrAfter: tombstone.from))
            rest.append(kept, kept.firstIndex(atOrAfter: tombstone.to)..<kept.count)
        }
        return rest
    }
}
