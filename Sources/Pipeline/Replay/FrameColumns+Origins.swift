//  FrameColumns+Origins.swift · Pipeline

import Monitoring

extension FrameColumns {
    /// The frames of some origins. Nothing is copied when that is all of them.
    ///
    /// - Parameter isLeftOut: of the frame at an index: not to be among them all the same.
    func of(
        _ origins: Set<FrameState.Origin>, isLeftOut: ((Int) -> Bool)? = nil
    ) -> FrameColumns {
        let isWanted = (0...3).map { FrameState.Origin(rawValue: $0).map(origins.contains) ?? false }
        if isLeftOut == nil, states.allSatisfy({ isWanted[Int($0 >> 4 & 3)] }) { return self }
        var frames = FrameColumns()
        var start = 0
        for index in 0...count {
            if index < count, isWanted[Int(states[index] >> 4 & 3)], !(isLeftOut?(index) ?? false) {
                continue
            }
            frames.append(self, start..<max(start, index))
            start = index + 1
        }
        return frames
    }
}
