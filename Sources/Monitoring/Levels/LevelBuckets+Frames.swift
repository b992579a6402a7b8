//  LevelBuckets+Frames.swift · Monitoring
//
//  Adding frames. Nearly all of them follow the one before closely, in the same bucket, and are
//  weighed by one short loop; `weigh(_:at:…)` does what is special: the first of a bucket, whose
//  dwell is split, the first after a hole, of a run, of a day.
//
//  Frames of the trail (no `lp`, an upstream's word of afterwards) give their cumulative levels and
//  are passed over otherwise: no dwell is counted from them, and no run ends at them.

extension LevelBuckets {
    /// Adds frames that follow those added before. Frames outside the stretch may be among them:
    /// one before it tells the first frame's dwell, one after it may cover its end. Columns of
    /// metrics that are not kept may be empty.
    ///
    /// - Complexity: O(frames + buckets), no allocation.
    package mutating func add(_ columns: FrameColumns) {
        for (position, span) in columns.runs.enumerated() {
            let end =
                position + 1 < columns.runs.count
                ? columns.runs[position + 1].firstIndex : columns.count
            add(columns, span.firstIndex..<end, of: span.run)
        }
    }

    private mutating func add(_ columns: FrameColumns, _ indexes: Range<Int>, of run: Run) {
        guard !indexes.isEmpty else { return }
        weigh(columns, indexes, of: run)
        guard let last = lastWeighed(columns, indexes) else { return }
        previousTime = columns.times[last]
        previousRun = run
    }

    /// The index of the last of `indexes` that is not of the trail.
    private func lastWeighed(_ columns: FrameColumns, _ indexes: Range<Int>) -> Int? {
        indexes.last { !FrameState(rawValue: columns.states[$0]).isOfTrail }
    }

    private mutating func weigh(_ columns: FrameColumns, _ indexes: Range<Int>, of run: Run) {
        let inside = columns.indexes(in: stretch).clamped(to: indexes)
        // What lies before the stretch matters only as the last frame before it.
        let before = lastWeighed(columns, indexes.lowerBound..<inside.lowerBound)
        var previous = before.map { columns.times[$0] } ?? previousTime
        var startsRun = before == nil && !continues(run)
        columns.times.withUnsafeBufferPointer { times in
            columns.levels[Metric.lp.rawValue].withUnsafeBufferPointer { lp in
                columns.states.withUnsafeBufferPointer { states in
                    let chunk = Chunk(times: times, lp: lp, states: states, run: run)
                    var index = inside.lowerBound
                    while index < inside.upperBound {
                        advance(to: times[index])
                        if FrameState(rawValue: states[index]).isOfTrail {
                            extend(columns, byTrail: index)
                            index += 1
                            continue
                        }
                        weigh(chunk, index, after: previous, startsRun: startsRun)
                        startsRun = false
                        let done = weighRest(chunk, index..<inside.upperBound)
                        extend(columns, index..<done, isUniform: done > index + 1)
                        previous = times[done - 1]
                        index = done
                    }
                    // A frame behind the stretch may cover its end; the next one no more, unless
                    // it counts a second whatever was before it.
                    let reach = stretch.end.advanced(
                        byMilliseconds: Dwell.loneTicks * Dwell.tickMilliseconds).milliseconds
                    while index < indexes.upperBound {
                        defer { index += 1 }
                        if FrameState(rawValue: states[index]).isOfTrail { continue }
                        weigh(chunk, index, after: previous, startsRun: startsRun)
                        startsRun = false
                        previous = times[index]
                        if times[index] >= reach { break }
                    }
                }
            }
        }
    }

    /// Frames as the loops want them.
    private struct Chunk {
        let times: UnsafeBufferPointer<Int64>
        let lp: UnsafeBufferPointer<Int16>
        let states: UnsafeBufferPointer<UInt8>
        let run: Run
    }

    /// Whether a frame of `run` may reach back to the frame before: they are of one measurement, or
    /// of one that was reset while the meter went on, so that the new run begins no later than
    /// with that frame.
    private func continues(_ run: Run) -> Bool {
        guard let previousRun, let previousTime else { return false }
        if previousRun.start == run.start { return true }
        guard previousRun.start != nil, let start = run.start else { return false }
        return start.milliseconds <= previousTime
    }

    /// Weighs any frame.
    private mutating func weigh(
        _ chunk: Chunk, _ index: Int, after previous: Int64?, startsRun: Bool
    ) {
        let time = chunk.times[index]
        var startsRun = startsRun
        let midnight = Dwell.midnight(before: time)
        if previous.map({ $0 < midnight }) ?? true {
            // A day's first frame: days stand for themselves, so its run alone tells.
            startsRun = chunk.run.start.map { $0.milliseconds >= midnight } ?? false
        }
        let ticks = Dwell.ticks(
            at: time, after: previous, startsRun: startsRun,
            maximum: chunk.run.maximumDwellMilliseconds)
        let value = chunk.lp[index]
        let state = FrameState(rawValue: chunk.states[index])
        guard state.contains(.measuring), value != Levels.none else { return }
        advance(to: time)
        // Days stand for themselves: a frame in the first tick of a day covers that tick.
        let tick = max(Dwell.tick(time), Dwell.tick(midnight) + 1)
        let first = max(Dwell.tick(stretch.start.milliseconds), tick - ticks)
        let last = min(Dwell.tick(stretch.end.milliseconds), tick)
        weigh(value, from: first, to: last, overloaded: state.contains(.over))
    }

    /// Gives a level the ticks from `first` to `last`, across buckets.
    private mutating func weigh(_ lp: Int16, from first: Int64, to last: Int64, overloaded: Bool) {
        let energy = Energy.of(lp)
        var high = last
        var index = bucket
        while high > first, index >= 0 {
            let low = max(first, Dwell.tick(edges[index]))
            if high > low {
                energies[index] += energy * Double(high - low)
                coveredTicks[index] += high - low
                if overloaded { overloadedTicks[index] += high - low }
                if !histograms.isEmpty {
                    histograms[index].add(Int32(clamping: high - low), at: Int(lp))
                }
                high = low
            }
            index -= 1
        }
    }

    /// Weighs the frames behind the first of `indexes`, as long as they are in its bucket and
    /// nothing about them is special.
    ///
    /// - Returns: the index of the first frame for which that is not so.
    private mutating func weighRest(_ chunk: Chunk, _ indexes: Range<Int>) -> Int {
        let start = indexes.lowerBound
        let state = chunk.states[start]
        guard FrameState(rawValue: state).contains(.measuring),
            !FrameState(rawValue: state).contains(.over), chunk.times[start] >= 0
        else { return start + 1 }
        let midnight = Dwell.midnight(before: chunk.times[start]) + Dwell.dayMilliseconds
        let limit = bucket + 2 < edges.count ? min(midnight, edges[bucket + 1]) : midnight
        let maximum = chunk.run.maximumDwellMilliseconds
        let lowest = Energy.tabled.lowerBound
        let classes = UInt16(Energy.tabled.count)
        var index = start + 1
        var previous = chunk.times[start]
        var tick = UInt64(bitPattern: previous) / UInt64(Dwell.tickMilliseconds)
        let firstTick = tick
        var energy = 0.0
        Energy.table.withUnsafeBufferPointer { table in
            while index < indexes.upperBound {
                let time = chunk.times[index]
                let next = UInt64(bitPattern: time) / UInt64(Dwell.tickMilliseconds)
                let value = UInt16(bitPattern: chunk.lp[index] &- lowest)
                guard time &- previous <= maximum, next > tick, value < classes,
                    chunk.states[index] == state, time < limit
                else { break }
                energy += table[Int(value)] * Double(next &- tick)
                previous = time
                tick = next
                index += 1
            }
        }
        energies[bucket] += energy
        coveredTicks[bucket] += Int64(tick - firstTick)
        if !histograms.isEmpty { classify(chunk, start + 1..<index) }
        return index
    }

    /// Adds the dwells of frames that ``weighRest(_:_:)`` weighed to the bucket's histogram.
    private mutating func classify(_ chunk: Chunk, _ indexes: Range<Int>) {
        guard !indexes.isEmpty else { return }
        var low = Int16.max
        var high = Int16.min
        for index in indexes {
            low = min(low, chunk.lp[index])
            high = max(high, chunk.lp[index])
        }
        let count = Int(high) - Int(low) + 1
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { ticks in
            ticks.initialize(repeating: 0)
            var tick = Dwell.tick(chunk.times[indexes.lowerBound - 1])
            for index in indexes {
                let next = Dwell.tick(chunk.times[index])
                ticks[Int(chunk.lp[index]) - Int(low)] &+= Int32(truncatingIfNeeded: next - tick)
                tick = next
            }
            histograms[bucket].add(UnsafeBufferPointer(ticks), from: Int(low))
        }
    }

    /// Extremes and newest values of frames of one bucket.
    ///
    /// - Parameter isUniform: all have the first one's state, so that it need not be looked at.
    private mutating func extend(
        _ columns: FrameColumns, _ indexes: Range<Int>, isUniform: Bool
    ) {
        guard isUniform || FrameState(rawValue: columns.states[indexes.lowerBound])
            .contains(.measuring)
        else { return }
        for metric in Metric.allCases where !minima[metric.rawValue].isEmpty {
            extend(metric.rawValue, columns.levels[metric.rawValue], indexes)
        }
    }

    private mutating func extend(_ columns: FrameColumns, byTrail index: Int) {
        guard FrameState(rawValue: columns.states[index]).contains(.measuring) else { return }
        for metric in Metric.allCases
        where metric.isCumulative && !minima[metric.rawValue].isEmpty {
            extend(metric.rawValue, columns.levels[metric.rawValue], index..<index + 1)
        }
    }

    private mutating func extend(_ metric: Int, _ column: [Int16], _ indexes: Range<Int>) {
        var low = Int16.max
        var high = Int16.min
        var filled = indexes.count
        column.withUnsafeBufferPointer { values in
            for index in indexes {
                low = min(low, values[index])
                high = max(high, values[index])
            }
            // The stored form of "no value" is the least Int16: it shows in the least value.
            guard low == Levels.none else { return }
            low = .max
            for index in indexes where values[index] != Levels.none {
                low = min(low, values[index])
            }
            filled = indexes.count { values[$0] != Levels.none }
        }
        guard filled > 0 else { return }
        maxima[metric][bucket] = max(maxima[metric][bucket], high)
        let known = minima[metric][bucket]
        minima[metric][bucket] = known == Levels.none ? low : min(known, low)
        if metric == Metric.lp.rawValue {
            samples[bucket] &+= Int32(filled)
        } else {
            lasts[metric][bucket] = column[indexes].last { $0 != Levels.none }!
        }
    }
}
