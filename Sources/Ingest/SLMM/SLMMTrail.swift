//  SLMMTrail.swift · Ingest
//
//  What the upstream remembers of a unit by itself: a point about each minute, for 24 hours. Of its
//  levels only the cumulative ones are looked at: `lp` once a minute says nothing of that minute.

import JSON
import Monitoring

/// `GET /api/nl43/{unit}/history`.
struct SLMMTrail: Hashable, Sendable {
    struct Point: Hashable, Sendable {
        /// The upstream's wall clock, as that of ``SLMMReading/time``.
        var time: Timestamp
        /// At least one of ``SLMMTrail/metrics``, and no other.
        var levels: Levels
    }

    /// A day of points a minute apart, and some more. Past it: ``SLMMFault/shape``.
    static let rowCountMax = 1500
    static let metrics: [Metric] = [.leq, .lmax, .ln1, .ln2]

    /// Ascending by time. What had no level, such as `-.-`, is left out.
    let points: [Point]
    /// What was wrong with the text of it.
    let faults: Set<FaultReason>
}

extension SLMMTrail {
    init(_ body: some Sequence<UInt8>, status: Int = 200) throws(SLMMFault) {
        let json = try SLMMFault.parse(body, whenStatus: status, isAmong: [200])
        guard let rows = json["readings"]?.array, rows.count <= SLMMTrail.rowCountMax else {
            throw .shape
        }
        var reader = LevelReader()
        var points: [Point] = []
        for row in rows {
            guard let time = row.upstreamTime("timestamp") else {
                reader.faults.insert(.undecodable)
                continue
            }
            var levels = Levels()
            for metric in SLMMTrail.metrics {
                levels[metric] = reader.level(row[metric.name]?.string)
            }
            if levels != Levels() { points.append(Point(time: time, levels: levels)) }
        }
        self.points = points.sorted { $0.time < $1.time }
        // A meter that shows nothing leaves such points, day after day.
        faults = reader.faults.subtracting([.missingLevel])
    }
}
