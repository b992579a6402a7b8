//  RuleLimits+Scan.swift · Pipeline
//
//  Nearly all samples are far from a limit: whole stretches are passed over at once.

import Monitoring

extension RuleLimits {
    /// The first of `range` whose value is beyond the limit that is passed first; its end when
    /// there is none. Several values at a time.
    func firstBeyond(_ values: UnsafePointer<Int16>?, _ range: Range<Int>) -> Int {
        guard let values else { return range.upperBound }
        return sign > 0
            ? RuleLimits.firstAbove(Int16(clamping: first.threshold), values, range)
            : RuleLimits.firstBelow(Int16(clamping: -first.threshold), values, range)
    }

    private static let stride = 64

    private static func firstAbove(
        _ limit: Int16, _ values: UnsafePointer<Int16>, _ range: Range<Int>
    ) -> Int {
        var index = range.lowerBound
        while index + stride <= range.upperBound {
            // "No value" is the least of all, and never above.
            var highest = Int16.min
            for place in index..<index + stride { highest = max(highest, values[place]) }
            if highest > limit { break }
            index += stride
        }
        while index < range.upperBound, values[index] <= limit { index += 1 }
        return index
    }

    private static func firstBelow(
        _ limit: Int16, _ values: UnsafePointer<Int16>, _ range: Range<Int>
    ) -> Int {
        var index = range.lowerBound
        while index + stride <= range.upperBound {
            // Moved by one so that "no value" becomes the greatest of all.
            var lowest = Int16.max
            for place in index..<index + stride { lowest = min(lowest, values[place] &- 1) }
            if lowest < limit &- 1 { break }
            index += stride
        }
        while index < range.upperBound, values[index] >= limit || values[index] == FrameBlock.none {
            index += 1
        }
        return index
    }
}
