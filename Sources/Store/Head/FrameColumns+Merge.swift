//  FrameColumns+Merge.swift · Store

import Monitoring

extension FrameColumns {
    /// The frames of all `sources` in time order. Where two have the same time, the one of the
    /// earlier source stays: the first write wins.
    ///
    /// - Complexity: O(*n*) when the sources do not overlap, else O(*n* log *n*).
    static func merging(_ sources: [FrameColumns]) -> FrameColumns {
        let filled = sources.filter { !$0.isEmpty }
        guard filled.count > 1 else { return filled.first ?? FrameColumns() }
        let ordered = filled.sorted { $0.times[0] < $1.times[0] }
        var merged = FrameColumns()
        merged.reserve(filled.reduce(0) { $0 + $1.count })
        if zip(ordered.dropFirst(), ordered).allSatisfy({ $0.times[0] > $1.times[$1.count - 1] }) {
            for source in ordered { merged.append(source) }
            return merged
        }
        var places: [(time: Int64, source: Int, index: Int)] = []
        for (source, columns) in filled.enumerated() {
            for (index, time) in columns.times.enumerated() { places.append((time, source, index)) }
        }
        places.sort { ($0.time, $0.source) < ($1.time, $1.source) }
        for place in places where place.time != merged.times.last {
            let columns = filled[place.source]
            merged.append(
                time: place.time, levels: columns.levels(at: place.index).tenths,
                state: columns.states[place.index], run: columns.run(at: place.index))
        }
        return merged
    }

    /// The frames whose indexes are in `range`, on their own.
    func slice(_ range: Range<Int>) -> FrameColumns {
        if range == 0..<count { return self }
        var columns = FrameColumns()
        columns.append(self, range)
        return columns
    }

    /// The index of the frame at exactly `time`. O(log *n*).
    func index(at time: Int64) -> Int? {
        let index = firstIndex(atOrAfter: time)
        return index < count && times[index] == time ? index : nil
    }
}
