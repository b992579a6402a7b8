//  FrameLane+Records.swift · Serve
//
//  Records of one unit, from the body into columns: four million a second at least.

import Monitoring

extension FrameLane {
    /// Adds those of `count` records that are possible.
    ///
    /// - Parameters:
    ///   - records: `RecordReader.recordBytes` each, aligned or not.
    ///   - times: what the store takes.
    ///   - refuse: called with the index of each of the others.
    func append(
        records: UnsafeRawPointer, count recordCount: Int, in times: Range<Int64>,
        refuse: (Int) -> Void
    ) {
        reserve(recordCount)
        begin(ImportRow.noStart)
        // In local variables, so that they can stay in registers.
        let (toTimes, toLevels, toStates) = (self.times, levels, states)
        let (capacity, states) = (capacity, RecordReader.states)
        let (earliest, end) = (times.lowerBound, times.upperBound)
        let least = Int16(FieldReader.levels.lowerBound)
        let span = UInt16(FieldReader.levels.upperBound - FieldReader.levels.lowerBound)
        let none = RecordReader.none
        var (at, last, ascends) = (count, lastTime, isAscending)
        for index in 0..<recordCount {
            let record = records + index * RecordReader.recordBytes
            let time = Int64(littleEndian: record.loadUnaligned(as: Int64.self))
            // State and the byte behind it, which is 0.
            let word = UInt16(
                littleEndian: record.loadUnaligned(fromByteOffset: 10, as: UInt16.self))
            let spare = record.loadUnaligned(fromByteOffset: 26, as: UInt16.self)
            var isPossible = time >= earliest && time < end && word <= 2 && spare == 0
            var hasLevel = false
            var place = toLevels + at
            for metric in 0..<ImportRow.levelCount {
                let level = Int16(
                    littleEndian: record.loadUnaligned(
                        fromByteOffset: 12 + metric * 2, as: Int16.self))
                let isThere = level != none
                let isLevel = UInt16(bitPattern: level &- least) <= span
                isPossible = isPossible && (isLevel || !isThere)
                hasLevel = hasLevel || isThere
                place.pointee = level
                place += capacity
            }
            guard isPossible, hasLevel else {
                refuse(index)
                continue
            }
            toTimes[at] = time
            toStates[at] = UInt8(truncatingIfNeeded: states >> (UInt32(word) &* 8))
            ascends = ascends && time > last
            last = time
            at += 1
        }
        (count, lastTime, isAscending) = (at, last, ascends)
    }
}
