//  LevelHistogram.swift · Monitoring
//
//  How long each level lasted, in classes of 0.1 dB: the meter's own resolution, so that
//  exceedance levels are exact and histograms of neighbouring times add.

/// Covered time by level.
package struct LevelHistogram: Equatable, Sendable {
    /// The level of the first class, in tenths.
    package private(set) var first = 0
    /// Ticks of ``Dwell/tickMilliseconds`` by class, from ``first`` on.
    package private(set) var ticks: [Int32] = []

    package init() {}

    /// - Parameter ticks: by class from `first` on.
    package init(first: Int, ticks: [Int32]) {
        self.first = first
        self.ticks = ticks
    }

    package var isEmpty: Bool { ticks.isEmpty }

    /// Adds covered time to the class of `tenths`.
    package mutating func add(_ added: Int32, at tenths: Int) {
        makeRoom(for: tenths...tenths)
        ticks[tenths - first] &+= added
    }

    package mutating func add(_ other: LevelHistogram) {
        other.ticks.withUnsafeBufferPointer { add($0, from: other.first) }
    }

    /// Adds covered times of the classes from `start` on.
    package mutating func add(_ added: UnsafeBufferPointer<Int32>, from start: Int) {
        guard !added.isEmpty else { return }
        makeRoom(for: start...start + added.count - 1)
        let offset = start - first
        ticks.withUnsafeMutableBufferPointer { ticks in
            for index in added.indices { ticks[offset + index] &+= added[index] }
        }
    }

    private mutating func makeRoom(for classes: ClosedRange<Int>) {
        if ticks.isEmpty {
            first = classes.lowerBound
            ticks = Array(repeating: 0, count: classes.count)
            return
        }
        if classes.lowerBound < first {
            ticks.insert(
                contentsOf: repeatElement(0, count: first - classes.lowerBound), at: 0)
            first = classes.lowerBound
        }
        let missing = classes.upperBound - (first + ticks.count - 1)
        if missing > 0 { ticks.append(contentsOf: repeatElement(0, count: missing)) }
    }

    /// Ticks of the classes above a level, in tenths: the time strictly above it. O(classes).
    package func ticks(above tenths: Int) -> Int64 {
        ticks.dropFirst(max(0, tenths + 1 - first)).reduce(0) { $0 + Int64($1) }
    }

    /// LN in tenths: the highest level for which the time at or above it is at least `percent` % of
    /// the covered time. O(classes).
    ///
    /// - Parameter samples: how many frames it was made of.
    /// - Returns: `nil` below 10 · 100 / N samples: L1 needs 1,000, L10 100.
    ///
    /// Source: ISO 1996-1, "percentage exceedance level"; `docs/acoustics.md` for the least number.
    package func exceedanceLevel(percent: Int, samples: Int) -> Int16? {
        precondition((1...99).contains(percent))
        guard samples * percent >= 1000 else { return nil }
        let total = ticks.reduce(0) { $0 + Int64($1) }
        guard total > 0 else { return nil }
        var above: Int64 = 0
        for index in ticks.indices.reversed() {
            above += Int64(ticks[index])
            if above * 100 >= total * Int64(percent) { return Int16(first + index) }
        }
        return nil
    }
}
