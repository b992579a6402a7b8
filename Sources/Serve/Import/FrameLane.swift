//  FrameLane.swift · Serve
//
//  Frames of one unit that an import has read and not yet handed to the store. Rows come one at a
//  time, millions a second, so they go to plain memory; they become columns when they leave.
//
//      memory   times ▓▓▓▓▓▓░░░   lp ▓▓▓▓▓▓░░░ … ln2 ▓▓▓▓▓▓░░░   states ▓▓▓▓▓▓░░░
//               ├── capacity ──┤  seven columns of levels           count = 6

import Monitoring

/// A frame as a reader of imports makes it.
struct ImportRow {
    /// Unix milliseconds.
    var time: Int64
    /// Tenths of a decibel by `Metric.rawValue`: seven `Int16`, aligned or not.
    var levels: UnsafeRawPointer
    var state: UInt8
    /// When the measurement began, in Unix milliseconds; `noStart` when that is not known.
    var start: Int64

    static let noStart = Int64.min
    /// Levels of a frame.
    static let levelCount = 7
}

/// Frames of one unit, in the order in which they came. One task at a time.
final class FrameLane {
    let unit: UnitID
    var count = 0
    private(set) var capacity = 0
    private(set) var times: UnsafeMutablePointer<Int64>
    private(set) var levels: UnsafeMutablePointer<Int16>
    private(set) var states: UnsafeMutablePointer<UInt8>
    /// From which index on which start holds.
    private var starts: [(index: Int, start: Int64)] = []
    var lastTime = Int64.min
    var isAscending = true

    private static let leastCapacity = 256

    init(unit: UnitID) {
        self.unit = unit
        times = .allocate(capacity: 0)
        levels = .allocate(capacity: 0)
        states = .allocate(capacity: 0)
    }

    deinit { deallocate() }

    private func deallocate() {
        times.deallocate()
        levels.deallocate()
        states.deallocate()
    }

    /// Adds a frame. Amortised O(1).
    @inline(__always)
    func append(_ row: ImportRow) {
        reserve(1)
        begin(row.start)
        isAscending = isAscending && row.time > lastTime
        lastTime = row.time
        times[count] = row.time
        states[count] = row.state
        var place = levels + count
        for metric in 0..<ImportRow.levelCount {
            place.pointee = row.levels.loadUnaligned(fromByteOffset: metric * 2, as: Int16.self)
            place += capacity
        }
        count += 1
    }

    /// What is added next belongs to the measurement that began at `start`.
    @inline(__always)
    func begin(_ start: Int64) {
        if starts.isEmpty || starts[starts.count - 1].start != start {
            starts.append((count, start))
        }
    }

    /// Makes room for `more` frames.
    @inline(__always)
    func reserve(_ more: Int) {
        if count + more > capacity { grow(to: count + more) }
    }

    @inline(never)
    private func grow(to least: Int) {
        let wider = max(FrameLane.leastCapacity, capacity * 2, least)
        let newTimes = UnsafeMutablePointer<Int64>.allocate(capacity: wider)
        let newLevels = UnsafeMutablePointer<Int16>.allocate(
            capacity: wider * ImportRow.levelCount)
        let newStates = UnsafeMutablePointer<UInt8>.allocate(capacity: wider)
        newTimes.update(from: times, count: count)
        newStates.update(from: states, count: count)
        for metric in 0..<ImportRow.levelCount {
            (newLevels + metric * wider).update(from: levels + metric * capacity, count: count)
        }
        deallocate()
        (times, levels, states, capacity) = (newTimes, newLevels, newStates, wider)
    }
}

// MARK: - Out

extension FrameLane {
    /// Takes all frames out, as columns that the store can be given one after the other.
    ///
    /// One of them, unless times were told twice: the first row of each time is in the first, the
    /// second row of it in the second, so that the store counts what is repeated.
    /// - Complexity: O(*n*); O(*n* log *n*) when times went back.
    func drain() -> [FrameColumns] {
        defer { reset() }
        guard count > 0 else { return [] }
        guard !isAscending else { return [columns()] }
        let times = times
        let order = (0..<count).sorted { a, b in
            times[a] == times[b] ? a < b : times[a] < times[b]
        }
        // The how-many-eth of its time each row is.
        var ranks: [[Int]] = []
        var rank = 0
        for (position, index) in order.enumerated() {
            let repeats = position > 0 && times[order[position - 1]] == times[index]
            rank = repeats ? rank + 1 : 0
            if ranks.count == rank { ranks.append([]) }
            ranks[rank].append(index)
        }
        return ranks.map(columns(of:))
    }

    /// Memory goes, so that a thousand lanes hold no more than is waiting in them.
    private func reset() {
        deallocate()
        times = .allocate(capacity: 0)
        levels = .allocate(capacity: 0)
        states = .allocate(capacity: 0)
        (count, capacity, lastTime, isAscending) = (0, 0, .min, true)
        starts.removeAll(keepingCapacity: true)
    }

    private func columns() -> FrameColumns {
        var columns = FrameColumns()
        for (position, (first, start)) in starts.enumerated() {
            let end = position + 1 < starts.count ? starts[position + 1].index : count
            columns.append(
                times: Array(UnsafeBufferPointer(start: times + first, count: end - first)),
                levels: (0..<ImportRow.levelCount).map { metric in
                    let place = levels + metric * capacity + first
                    return Array(UnsafeBufferPointer(start: place, count: end - first))
                },
                states: Array(UnsafeBufferPointer(start: states + first, count: end - first)),
                run: run(start))
        }
        return columns
    }

    private func columns(of indexes: [Int]) -> FrameColumns {
        var columns = FrameColumns()
        columns.reserve(indexes.count)
        for index in indexes {
            var tenths = SIMD8<Int16>(repeating: 0)
            for metric in 0..<ImportRow.levelCount {
                tenths[metric] = levels[metric * capacity + index]
            }
            columns.append(
                time: times[index], levels: tenths, state: states[index],
                run: run(start(at: index)))
        }
        return columns
    }

    private func start(at index: Int) -> Int64 {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle].index <= index { low = middle } else { high = middle }
        }
        return starts[low].start
    }

    private func run(_ start: Int64) -> Run {
        Run(start: start == ImportRow.noStart ? nil : Timestamp(milliseconds: start))
    }
}
