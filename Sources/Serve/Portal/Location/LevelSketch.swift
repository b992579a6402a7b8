//  LevelSketch.swift · Serve
//
//  A history as the server draws it: a line for the moment before the chart, and a sentence for
//  those who cannot see either.

import Monitoring

/// Levels of a range, drawn and said.
struct LevelSketch {
    let buckets: LevelBuckets

    /// Of an `SVG` path, in a box of 1000 by 100; `nil` where there is no data. A gap is a gap.
    var path: String? {
        let means = (0..<buckets.count).map { buckets.mean($0) }
        let known = means.compactMap { $0 }
        guard let least = known.min(), let most = known.max() else { return nil }
        let low = ((least - 2) / 5).rounded(.down) * 5
        let high = max(low + 20, ((most + 2) / 5).rounded(.up) * 5)
        let start = Double(buckets.range.start.milliseconds)
        let length = Double(buckets.range.milliseconds)
        let points = means.enumerated().map { index, mean in
            mean.map { mean in
                let middle = Double(buckets.edges[index] + buckets.edges[index + 1]) / 2
                let x = min(1000, max(0, (middle - start) / length * 1000))
                let y = (high - mean) / (high - low) * 100
                return (x: "\(Int(x.rounded()))", y: LevelSketch.text(y))
            }
        }
        return Shape.line(points, dot: "1")
    }

    /// `History chart, 23 Nov 22:45 to 24 Nov 22:45. Leq 52.3 dB, readings between …`
    func summary(_ labels: LevelLabels, breaches: Int, _ words: LocalWords) -> String {
        let from = words.moment(buckets.range.start)
        let to = words.moment(buckets.range.end)
        let range = "History chart, \(from) to \(to)."
        guard let mean = buckets.mean else { return "\(range) No data." }
        let name = labels.db == "dB(A)" ? "LAeq" : "Leq"
        let extremes = [buckets.minima, buckets.maxima].map { $0[Metric.lp.rawValue] }
        let least = extremes[0].filter { $0 != Levels.none }.min().map(Level.init)
        let most = extremes[1].max().flatMap { $0 == Levels.none ? nil : Level(tenths: $0) }
        let level = Level(tenths: Int16((mean * 10).rounded(.toNearestOrAwayFromZero)))
        let count = PageText.count(breaches, "breach", "breaches")
        return "\(range) \(name) \(PageText.level(level)) dB, readings between "
            + "\(PageText.level(least)) and \(PageText.level(most)) dB, "
            + "data \(PageText.share(buckets.coverage)), \(count) of a limit."
    }

    private static func text(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
