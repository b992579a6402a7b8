//  ReadingOrder.swift · Ingest
//
//  Which readings go forward. A late one says nothing of what holds now; but when the upstream's
//  clock went back all are late, so three late ones running that go forward among themselves are
//  taken for such a step, as the pipeline takes them.

import Monitoring

/// Follows the times of one unit's readings. Pure; readings in order of arrival.
struct ReadingOrder: Hashable, Sendable {
    static let stepCount = 3

    enum Place: Hashable, Sendable {
        case forward, late
        /// The first one that goes forward after the upstream's clock went back.
        case stepped
    }

    private var newest: Timestamp?
    private var lateCount = 0
    private var lastLate: Timestamp?

    init(newest: Timestamp? = nil) { self.newest = newest }

    mutating func judge(_ time: Timestamp) -> Place {
        guard let newest, time <= newest else {
            self.newest = time
            lateCount = 0
            return .forward
        }
        lateCount = lateCount > 0 && lastLate.map { time > $0 } ?? true ? lateCount + 1 : 1
        lastLate = time
        guard lateCount == ReadingOrder.stepCount else { return .late }
        self.newest = time
        lateCount = 0
        return .stepped
    }
}
