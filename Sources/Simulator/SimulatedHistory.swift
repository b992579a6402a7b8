//  SimulatedHistory.swift · Simulator
//
//  What a simulated unit would have measured before anybody was there: the past of a demo.

package import Monitoring

/// Makes past frames of one seeded unit, one a second, a new measurement each day.
package enum SimulatedHistory {
    /// Hour of the day, UTC, at which a measurement begins.
    private static let startHour: Int64 = 7
    /// Percentiles move slowly and cost a pass over all classes; a meter shows them each second.
    private static let percentileSeconds = 5

    /// The frames of `range`, whole seconds, without a gap: the same place as a simulated unit's.
    ///
    /// - Parameters:
    ///   - unit: the unit's index in the roster of `configuration`.
    ///   - stretch: above 0; other stretches sound different.
    /// - Complexity: O(seconds), about a microsecond each in a release build.
    package static func frames(
        in range: TimeRange, ofUnit unit: Int, stretch: UInt64,
        configuration: SimulatorConfiguration
    ) -> FrameColumns {
        let percentages = Array(configuration.percentages.prefix(2))
        let first = floorDivide(range.start.milliseconds + 999, by: 1000)
        let last = floorDivide(range.end.milliseconds - 1, by: 1000)
        let works = configuration.works(ofUnit: unit).filter {
            $0.seconds.upperBound > first && $0.seconds.lowerBound <= last
        }
        var model = MeterModel(
            seed: configuration.seed(ofUnit: unit), stretch: stretch, works: works)
        var results = CumulativeLevels()
        var exceeded: [Int16] = []
        var run = Run(start: Timestamp(milliseconds: first * 1000))
        var columns = FrameColumns()
        columns.reserve(Int(max(0, last - first + 1)))
        guard first <= last else { return columns }
        for second in first...last {
            if (second - startHour * 3600) % 86_400 == 0 {
                results = CumulativeLevels()
                run = Run(start: Timestamp(milliseconds: second * 1000))
            }
            let heard = model.next(index: Int(second - first), epochSecond: second)
            results.add(heard)
            if results.seconds % percentileSeconds == 1 { exceeded = results.exceeded(percentages) }
            var tenths = SIMD8<Int16>(repeating: 0)
            tenths[Metric.lp.rawValue] = heard.lp
            tenths[Metric.leq.rawValue] = results.leq
            tenths[Metric.lmax.rawValue] = results.max
            tenths[Metric.lmin.rawValue] = results.min
            tenths[Metric.lpeak.rawValue] = results.peak
            tenths[Metric.ln1.rawValue] = exceeded[0]
            tenths[Metric.ln2.rawValue] = exceeded[1]
            columns.append(
                time: second * 1000, levels: tenths,
                state: FrameState.measuring.from(.imported).rawValue, run: run)
        }
        return columns
    }
}
