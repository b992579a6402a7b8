//  FrameColumns.swift · Monitoring
//
//  Frames of one unit by column: what the store reads and writes, what averages are made of.

/// A measurement of one unit: from its start until the meter is stopped or started again.
package struct Run: Hashable, Sendable {
    /// When the upstream saw it begin; `nil` while not measuring, or not known.
    package let start: Timestamp?
    /// The longest hole between frames that still counts as covered, in milliseconds.
    package let maximumDwellMilliseconds: Int64

    package init(
        start: Timestamp?,
        maximumDwellMilliseconds: Int64 = Dwell.defaultMaximumMilliseconds
    ) {
        self.start = start
        self.maximumDwellMilliseconds = maximumDwellMilliseconds
    }
}

/// Frames of one unit in time order, strictly ascending, column by column.
package struct FrameColumns: Equatable, Sendable {
    /// Unix milliseconds.
    package var times: [Int64] = []
    /// Tenths of a decibel by `Metric.rawValue`; `Levels.none` is no value. A column that was not
    /// read is empty; such columns are looked at, not added to or taken apart.
    package var levels: [[Int16]] = Array(repeating: [], count: Metric.allCases.count)
    /// `FrameState.rawValue`.
    package var states: [UInt8] = []
    /// Which run holds from which index on; ascending, the first at 0 unless there are no frames.
    package private(set) var runs: [RunSpan] = []

    package struct RunSpan: Hashable, Sendable {
        package let firstIndex: Int
        package let run: Run
    }

    package init() {}

    package var count: Int { times.count }
    package var isEmpty: Bool { times.isEmpty }

    package mutating func reserve(_ capacity: Int) {
        times.reserveCapacity(capacity)
        for column in levels.indices { levels[column].reserveCapacity(capacity) }
        states.reserveCapacity(capacity)
    }

    /// Adds one frame at the end. Amortised O(1).
    package mutating func append(time: Int64, levels tenths: SIMD8<Int16>, state: UInt8, run: Run) {
        assert(times.last.map { $0 < time } ?? true, "frames must move forward in time")
        begin(run)
        times.append(time)
        for column in levels.indices { levels[column].append(tenths[column]) }
        states.append(state)
    }

    /// Adds the frames of `other` whose indexes are in `range` at the end.
    package mutating func append(_ other: FrameColumns, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        assert(times.last.map { $0 < other.times[range.lowerBound] } ?? true)
        for (position, span) in other.runs.enumerated() {
            let end = position + 1 < other.runs.count ? other.runs[position + 1].firstIndex : other.count
            let first = max(span.firstIndex, range.lowerBound)
            guard first < min(end, range.upperBound) else { continue }
            begin(span.run, at: count + first - range.lowerBound)
        }
        times.append(contentsOf: other.times[range])
        for column in levels.indices { levels[column].append(contentsOf: other.levels[column][range]) }
        states.append(contentsOf: other.states[range])
    }

    package mutating func append(_ other: FrameColumns) { append(other, 0..<other.count) }

    /// Adds columns of one run that were read as a whole. All have the same length, but for those
    /// that were not read.
    package mutating func append(
        times newTimes: [Int64], levels newLevels: [[Int16]], states newStates: [UInt8], run: Run
    ) {
        guard !newTimes.isEmpty else { return }
        precondition(newLevels.count == levels.count && newStates.count == newTimes.count)
        begin(run)
        if isEmpty {
            precondition(newLevels.allSatisfy { $0.isEmpty || $0.count == newTimes.count })
            (times, levels, states) = (newTimes, newLevels, newStates)
            return
        }
        times.append(contentsOf: newTimes)
        for column in levels.indices {
            precondition(newLevels[column].count == newTimes.count)
            levels[column].append(contentsOf: newLevels[column])
        }
        states.append(contentsOf: newStates)
    }

    private mutating func begin(_ run: Run) { begin(run, at: count) }

    private mutating func begin(_ run: Run, at index: Int) {
        if runs.last?.run != run { runs.append(RunSpan(firstIndex: index, run: run)) }
    }

    /// The run that the frame at `index` belongs to. O(log runs).
    package func run(at index: Int) -> Run {
        precondition(index < count)
        var low = 0
        var high = runs.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if runs[middle].firstIndex <= index { low = middle } else { high = middle }
        }
        return runs[low].run
    }

    /// The values of the frame at `index`.
    package func levels(at index: Int) -> Levels {
        var tenths = SIMD8<Int16>(repeating: 0)
        for column in levels.indices { tenths[column] = levels[column][index] }
        return Levels(tenths: tenths)
    }

    /// The frame at `index`, as one of `unit`.
    package func frame(at index: Int, of unit: UnitID) -> Frame {
        Frame(
            unit: unit, time: Timestamp(milliseconds: times[index]), levels: levels(at: index),
            state: FrameState(rawValue: states[index]), measurementStart: run(at: index).start)
    }

    /// The indexes of the frames whose times are in `range`. O(log *n*).
    package func indexes(in range: TimeRange) -> Range<Int> {
        let first = firstIndex(atOrAfter: range.start.milliseconds)
        return first..<max(first, firstIndex(atOrAfter: range.end.milliseconds))
    }

    /// The first index whose time is at or after `time`; `count` when there is none.
    package func firstIndex(atOrAfter time: Int64) -> Int {
        var low = 0
        var high = times.count
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
