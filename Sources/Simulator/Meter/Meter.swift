//  Meter.swift · Simulator
//
//  A sound level meter: it always hears, and while it measures it adds up.
//
//      stopped ──start (results begin afresh)──▶ measuring ──stop (results stay)──▶ stopped
//                                                 ↺ reset: results begin afresh

/// One meter with its surroundings. Pure: it moves only when it is told the second.
struct Meter: Sendable {
    private(set) var isMeasuring = true
    private var model: MeterModel
    private var results = CumulativeLevels()
    private var latest: MeterSecond?
    /// Seconds heard so far.
    private(set) var secondCount = 0
    /// Unix time of second 0.
    private let startEpochSecond: Int64
    /// The percentages of LN1 … LN5, ascending.
    private let percentages: [Int]

    /// Above this an NL-43 flags overload: the upper end of its A-weighted range, in tenths.
    private static let overloadTenths: Int16 = 1380

    /// A meter whose measurement begins with second 0.
    init(model: MeterModel, startEpochSecond: Int64, percentages: [Int]) {
        precondition(percentages.count == 5 && percentages == percentages.sorted())
        self.model = model
        self.startEpochSecond = startEpochSecond
        self.percentages = percentages
    }

    /// Hears everything up to and with second `index`; earlier ones change nothing.
    mutating func hear(throughSecond index: Int) {
        while secondCount <= index {
            let second = model.next(
                index: secondCount, epochSecond: startEpochSecond + Int64(secondCount))
            if isMeasuring { results.add(second) }
            latest = second
            secondCount += 1
        }
    }

    /// Begins a new measurement.
    /// - Returns: false when one is running: the meter refuses.
    mutating func start() -> Bool {
        guard !isMeasuring else { return false }
        isMeasuring = true
        results = CumulativeLevels()
        return true
    }

    /// Ends the measurement; its results stay on display.
    mutating func stop() { isMeasuring = false }

    /// Throws the results away; a running measurement goes on from zero.
    mutating func reset() { results = CumulativeLevels() }

    /// What the display shows now.
    var reading: MeterReading {
        var reading = MeterReading()
        guard let latest else { return reading }
        reading[.lp] = latest.lp
        reading[.maximumOf5Seconds] = latest.max + 10
        reading.isOver = latest.max > Meter.overloadTenths
        guard results.seconds > 0 else { return reading }
        let leq = results.leq
        reading[.leq] = leq
        reading[.soundExposure] = results.soundExposure
        reading[.lmax] = results.max
        reading[.lmin] = results.min
        let exceeded = results.exceeded(percentages)
        for (field, level) in zip([.ln1, .ln2, .ln3, .ln4, .ln5] as [MeterReading.Field], exceeded)
        {
            reading[field] = level
        }
        reading[.lpeak] = results.peak
        // The impulse average lies a little above the plain one: 2.1 dB in the recorded answers.
        reading[.impulseLeq] = leq + 21
        reading[.movingLeq] = leq
        return reading
    }
}
