//  LaneDrawing.swift · Serve
//
//  A day in quarters of an hour, as shapes. `lane.js` draws the same in the browser.

import Monitoring

/// The range of levels that all sparklines of a page are drawn in, so that they can be compared.
struct LevelScale: Equatable {
    let low: Double
    let high: Double

    /// Whole fives around `levels`, 20 dB at least.
    init(_ levels: some Sequence<Double>) {
        let levels = Array(levels)
        guard let least = levels.min(), let most = levels.max() else {
            (low, high) = (40, 80)
            return
        }
        low = ((least - 2) / 5).rounded(.down) * 5
        high = max(low + 20, ((most + 2) / 5).rounded(.up) * 5)
    }

    /// From the top of a box of ``LaneDrawing/sparkHeight``.
    func y(_ level: Double) -> Double {
        (high - min(high, max(low, level))) / (high - low) * LaneDrawing.sparkHeight
    }
}

/// A lane as shapes.
struct LaneDrawing {
    static let sparkHeight = 40.0

    /// A rectangle across the lane, in hundredths of a percent of its width.
    struct Part: Equatable {
        /// `c0` (quietest) … `c6`, `gap`
        let kind: String
        let start: Int
        let width: Int
    }

    let lane: Lane
    /// As answers tell them, in hundredths: what the browser draws is then the same.
    let means: [Double?]
    let now: Timestamp

    init(_ lane: Lane, now: Timestamp) {
        self.lane = lane
        self.now = now
        means = lane.means.map { $0.map { ($0 * 100).rounded(.toNearestOrAwayFromZero) / 100 } }
    }

    private static let whole = 10_000
    private var length: Int64 { Int64(Lane.count) * Lane.stepSeconds * 1000 }
    var end: Timestamp { lane.from.advanced(byMilliseconds: length) }

    /// Of an SVG path in a box of 96 by ``sparkHeight``. A gap is a gap; a value alone is a dot.
    func spark(_ scale: LevelScale) -> String {
        let points = means.enumerated().map { index, mean in
            mean.map { (x: Shape.text(hundredths: index * 100 + 50), y: Shape.text(scale.y($0))) }
        }
        return Shape.line(points, dot: "0.1")
    }

    /// Neighbours of one class are one part. What is to come is neither measured nor missing.
    var parts: [Part] {
        var parts: [Part] = []
        var start = 0
        func kind(_ index: Int) -> String {
            if let mean = means[index] { return "c\(LaneDrawing.level(mean))" }
            let begin = lane.from.advanced(byMilliseconds: Int64(index) * Lane.stepSeconds * 1000)
            return begin.advanced(byMilliseconds: Lane.stepSeconds * 1000) > now ? "" : "gap"
        }
        for index in 1...max(1, means.count) {
            let isEnd = index >= means.count
            if !isEnd, kind(index) == kind(start) { continue }
            if start < means.count, !kind(start).isEmpty {
                let left = start * LaneDrawing.whole / Lane.count
                let right = index * LaneDrawing.whole / Lane.count
                parts.append(Part(kind: kind(start), start: left, width: right - left))
            }
            start = index
        }
        return parts
    }

    /// Seven classes of 5 dB: below 45, … , 70 and above.
    static func level(_ mean: Double) -> Int { min(6, max(0, Int(((mean - 40) / 5).rounded(.down)))) }

    /// Breaches, at least so wide that they are seen.
    var breaches: [Part] {
        lane.above.compactMap { span in
            let from = max(span.start, lane.from)
            let to = min(span.end ?? now, end)
            guard from < to || span.end == nil else { return nil }
            let left = place(from)
            return Part(kind: "above", start: left, width: max(40, place(to) - left))
        }
    }

    /// Nights, 22:00 to 07:00, as bands.
    func nights(_ words: LocalWords) -> [Part] {
        let day = Dwell.dayMilliseconds
        let hour: Int64 = 3_600_000
        let first = floorDivide(words.local(lane.from), by: day) - 1
        return (first...first + 2).compactMap { number in
            let from = max(words.instant(number * day + 22 * hour), lane.from)
            let to = min(words.instant((number + 1) * day + 7 * hour), end)
            guard from < to else { return nil }
            return Part(kind: "night", start: place(from), width: place(to) - place(from))
        }
    }

    /// Each six hours on the clock of the place; midnight shows the date.
    func ticks(_ words: LocalWords) -> [(start: Int, text: String)] {
        let step: Int64 = 6 * 3_600_000
        let first = -floorDivide(-words.local(lane.from), by: step)
        return (first...first + 4).compactMap { number in
            let time = words.instant(number * step)
            // At the ends there is no room for words.
            guard time >= lane.from, (300...9700).contains(place(time)) else { return nil }
            let isMidnight = number * step % Dwell.dayMilliseconds == 0
            let date = words.date(time).split(separator: " ")
            return (place(time), isMidnight ? "\(date[0]) \(date[1])" : words.minute(time))
        }
    }

    /// How long a limit was broken; times at which two were count once.
    var aboveMilliseconds: Int64 {
        var sum: Int64 = 0
        var counted = lane.from
        for span in lane.above.sorted(by: { $0.start < $1.start }) {
            let from = max(span.start, counted)
            let to = min(span.end ?? now, now)
            guard from < to else { continue }
            sum += to.milliseconds(since: from)
            counted = to
        }
        return sum
    }

    /// How long nothing was measured, in whole quarters.
    var missingMilliseconds: Int64 {
        let hours = parts.filter { $0.kind == "gap" }.reduce(0) { $0 + $1.width }
        let quarters = (hours * Lane.count + LaneDrawing.whole / 2) / LaneDrawing.whole
        return Int64(quarters) * Lane.stepSeconds * 1000
    }

    /// The end of the last quarter with a measurement.
    var lastMeasured: Timestamp? {
        means.lastIndex { $0 != nil }.map {
            min(now, lane.from.advanced(byMilliseconds: Int64($0 + 1) * Lane.stepSeconds * 1000))
        }
    }

    private func place(_ time: Timestamp) -> Int {
        let part = Double(time.milliseconds(since: lane.from)) / Double(length)
        return Int((part * Double(LaneDrawing.whole)).rounded(.toNearestOrAwayFromZero))
    }
}

extension LaneDrawing.Part {
    /// For templates: `kind`; `x`, `width`: percents; `middle`.
    var context: [String: Any] {
        [
            "kind": kind, "x": Shape.text(hundredths: start), "width": Shape.text(hundredths: width),
            "middle": Shape.text(hundredths: start + width / 2),
        ]
    }
}
