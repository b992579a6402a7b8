//  Fault.swift · Simulator
//
//  One thing that goes wrong: kind, where, when. As text, for options and answers:
//
//      unplugged@NL43-0003:60s-2m          a unit, from 60 s to 120 s of the play
//      clock-back=90@upstream/2:5m-        the second upstream, by 90 s, to the end
//      no-levels@*:0s-30s                  all units of all upstreams

/// One thing that goes wrong, for a while. Times are simulated, since the play began.
package struct Fault: Hashable, Sendable {
    package enum Target: Hashable, Sendable {
        /// All units of all upstreams.
        case units
        /// The unit of that name: of the upstream of that number (1 …), or of each that has one.
        case unit(String, upstream: Int? = nil)
        case upstreams
        /// The upstream of that number, 1 ….
        case upstream(Int)
    }

    package let kind: FaultKind
    package let target: Target
    package let from: Duration
    /// Exclusive; `nil` has no end.
    package internal(set) var to: Duration?
    /// What ``FaultKind/seconds`` allows; `nil` is the kind's usual value.
    package let seconds: Int?

    package init(
        _ kind: FaultKind, of target: Target, from: Duration = .zero, to: Duration? = nil,
        seconds: Int? = nil
    ) {
        self.kind = kind
        self.target = target
        self.from = from
        self.to = to
        self.seconds = seconds
    }

    /// What is wrong with the fault itself, whatever units there are.
    var problem: String? {
        let isOfUpstream: Bool =
            switch target {
            case .units, .unit: false
            case .upstreams, .upstream: true
            }
        if isOfUpstream != kind.isOfUpstream {
            return "the fault \(self) has the wrong target: "
                + (isOfUpstream
                    ? "\(kind.rawValue) happens to units, give a name or *"
                    : "\(kind.rawValue) happens to upstreams, give upstream or upstream/N")
        }
        if from < .zero || to.map({ $0 <= from }) ?? false {
            return "the fault \(self) must end after it begins, and not begin before the play"
        }
        guard let seconds else { return nil }
        guard let range = kind.seconds else {
            return "the fault \(self) takes no value: give it without ="
        }
        guard range.contains(seconds) else {
            return "the fault \(self) takes \(range.lowerBound) to \(range.upperBound) seconds"
        }
        return nil
    }
}

extension Fault.Target: CustomStringConvertible {
    package var description: String {
        switch self {
        case .units: "*"
        case .unit(let name, nil): name
        case .unit(let name, let upstream?): "\(name)/\(upstream)"
        case .upstreams: "upstream"
        case .upstream(let number): "upstream/\(number)"
        }
    }

    /// - Returns: `nil` for an upstream's or a unit's number that is none.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let number = parts.count == 2 ? Int(parts[1]) : nil
        guard !parts[0].isEmpty, parts.count == 1 || parts.count == 2 && number ?? 0 > 0 else {
            return nil
        }
        switch (parts[0], number) {
        case ("*", nil): self = .units
        case ("upstream", nil): self = .upstreams
        case ("upstream", let number?): self = .upstream(number)
        case (let name, let number): self = .unit(String(name), upstream: number)
        }
    }
}

extension Fault: CustomStringConvertible {
    package var description: String {
        let value = seconds.map { "=\($0)" } ?? ""
        return "\(kind.rawValue)\(value)@\(target):\(PlayTime.text(from))-"
            + (to.map(PlayTime.text) ?? "")
    }

    /// - Throws: ``SimulatorError/configuration(problem:)`` for a text that is not one.
    package init(parsing text: String) throws(SimulatorError) {
        func refuse(_ why: String) -> SimulatorError {
            .configuration(
                problem: "the fault \(text) \(why); give KIND[=SECONDS]@TARGET:FROM-TO, "
                    + "for example unplugged@NL43-0001:60s-2m")
        }
        guard let at = text.firstIndex(of: "@"), let colon = text.lastIndex(of: ":"), at < colon
        else { throw refuse("is not complete") }
        let head = text[..<at].split(separator: "=", maxSplits: 1)
        guard let kind = head.first.flatMap({ FaultKind(rawValue: String($0)) }) else {
            let names = FaultKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw refuse("is of no kind that there is (\(names))")
        }
        var seconds: Int?
        if head.count == 2 {
            guard let value = PlayTime.parse(head[1]) else { throw refuse("has no number as value") }
            seconds = Int(value.components.seconds)
        }
        guard let target = Target(text[text.index(after: at)..<colon]) else {
            throw refuse("has no target that there is")
        }
        let span = text[text.index(after: colon)...]
        guard let (from, to) = PlayTime.parse(span: span) else { throw refuse("has no span") }
        self.init(kind, of: target, from: from, to: to, seconds: seconds)
    }
}

/// Times of the play as people write them: `500ms`, `60s`, `5m`, `2h`, `90` (seconds).
package enum PlayTime {
    package static func parse(_ text: some StringProtocol) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), number < 1_000_000_000 else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": return .milliseconds(number)
        case "", "s": return .seconds(number)
        case "m": return .seconds(number * 60)
        case "h": return .seconds(number * 3600)
        default: return nil
        }
    }

    /// `FROM-TO`, or `FROM-` for a span without an end.
    package static func parse(
        span text: some StringProtocol
    ) -> (from: Duration, to: Duration?)? {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let from = parse(parts[0]) else { return nil }
        if parts[1].isEmpty || parts[1] == "-" { return (from, nil) }
        guard let to = parse(parts[1]) else { return nil }
        return (from, to)
    }

    static func text(_ time: Duration) -> String {
        let milliseconds = time.microseconds / 1000
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}

extension Duration {
    /// Whole microseconds, cut off.
    var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
