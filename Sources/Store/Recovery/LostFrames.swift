//  LostFrames.swift · Store

import Monitoring

/// Frames that came while the disk could not be written and memory held as many as it may. Pure.
struct LostFrames {
    private var count = 0
    private var first = Timestamp(milliseconds: .max)
    private var last = Timestamp(milliseconds: .min)

    mutating func add(_ time: Timestamp) {
        count += 1
        first = min(first, time)
        last = max(last, time)
    }

    /// What is told while it goes on; `nil` when nothing was lost.
    var sentence: String? {
        guard count > 0 else { return nil }
        return "\(count) frames from \(first) on are lost: memory holds no more of them."
    }

    /// The gap, once it has ended; counting begins anew.
    mutating func take() -> Damage? {
        guard count > 0 else { return nil }
        defer { self = LostFrames() }
        return Damage(
            file: "wal", kind: "lost", from: first, to: last,
            detail: "\(count) frames came while the disk could not be written and memory was full; "
                + "they are lost.")
    }
}
