//  SimulatorConfiguration+Upstreams.swift · Simulator
//
//  Which upstream has which units, and which of them a fault is about.

extension SimulatorConfiguration {
    /// One for each upstream, with the units that it has.
    var parts: [SimulatorConfiguration] {
        (0..<upstreamCount).map { index in
            var part = self
            part.upstreamIndex = index
            part.unitNames = units(of: index)
            part.wholeUnitCount = unitNames.count
            return part
        }
    }

    /// The units of an upstream, by their names there.
    func units(of upstream: Int) -> [String] {
        let range = unitRange(of: upstream)
        return Array(sameNames ? unitNames.prefix(range.count) : unitNames[range])
    }

    /// Positions in all units; the first upstreams have one more where they cannot be even.
    private func unitRange(of upstream: Int) -> Range<Int> {
        let count = wholeUnitCount ?? unitNames.count
        let (each, more) = count.quotientAndRemainder(dividingBy: upstreamCount)
        let start = upstream * each + min(upstream, more)
        return start..<start + each + (upstream < more ? 1 : 0)
    }

    /// The position, among all units, of this part's first.
    var firstUnit: Int { unitRange(of: upstreamIndex).lowerBound }

    private var upstreamCount: Int { max(1, upstreams) }

    func port(ofUpstream index: Int) -> Int { port == 0 ? 0 : port + index }

    /// A unit's name in journals and counts.
    func label(of unit: String, upstream: Int? = nil) -> String {
        sameNames && upstreams > 1 ? "\(unit)/\((upstream ?? upstreamIndex) + 1)" : unit
    }

    var problemOfUpstreams: String? {
        if !(1...SimulatorConfiguration.upstreamsMax).contains(upstreams) {
            "the number of upstreams must be 1 to \(SimulatorConfiguration.upstreamsMax)"
        } else if upstreams > unitNames.count {
            "each upstream must have a unit: \(upstreams) upstreams need as many units"
        } else if port != 0, port + upstreams - 1 > 65_535 {
            "the ports from \(port) are fewer than the upstreams: begin with a lower one"
        } else {
            nil
        }
    }
}

// Faults.
extension SimulatorConfiguration {
    /// Those that are given, and those that are made up.
    var allFaults: [Fault] {
        let units = (0..<upstreamCount).map(units(of:))
        return faults + (misbehaviour?.faults(units: units, seed: seed) ?? [])
    }

    var problemOfFaults: String? {
        if let misbehaviour {
            if !(misbehaviour.share > 0 && misbehaviour.share <= 1) {
                return "the share of units that misbehave must be above 0, at most 1"
            }
            if misbehaviour.from < .zero || misbehaviour.to <= misbehaviour.from {
                return "units must misbehave for a while: the span must end after it begins"
            }
        }
        return faults.lazy.compactMap(problem(of:)).first
    }

    func problem(of fault: Fault) -> String? {
        if let problem = fault.problem { return problem }
        return places(of: fault.target).isEmpty
            ? "the fault \(fault) is about nothing that there is: \(fault.target)" : nil
    }

    /// Positions of upstreams, each with the unit that is meant, or with `nil` for all of it.
    func places(of target: Fault.Target) -> [(upstream: Int, unit: String?)] {
        let all = 0..<upstreamCount
        return switch target {
        case .units: all.flatMap { index in units(of: index).map { (index, $0) } }
        case .unit(let name, let number):
            all.filter { index in
                number.map { $0 == index + 1 } ?? true && units(of: index).contains(name)
            }.map { ($0, name) }
        case .upstreams: all.map { ($0, nil) }
        case .upstream(let number): all.contains(number - 1) ? [(number - 1, nil)] : []
        }
    }
}
