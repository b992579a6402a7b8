//  MetricsText.swift · Serve
//
//  Prometheus' text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
//
//      # HELP earshot_websockets_open Open WebSockets.
//      # TYPE earshot_websockets_open gauge
//      earshot_websockets_open 3

/// Families of metrics as they are written, one after the other.
struct MetricsText {
    typealias Labels = KeyValuePairs<String, String>

    enum Kind: String { case counter, gauge, histogram }

    private(set) var text = ""

    /// Writes a family; it is left out when `samples` writes none.
    ///
    /// - Parameter name: `earshot_…`, in base units; counters end in `_total`, others do not.
    mutating func family(
        _ name: String, _ kind: Kind, _ help: String, _ samples: (inout Family) -> Void
    ) {
        precondition(name.hasPrefix("earshot_") && name.hasSuffix("_total") == (kind == .counter))
        var family = Family(name: name)
        samples(&family)
        guard !family.text.isEmpty else { return }
        text += "# HELP \(name) \(MetricsText.escaped(help, quotes: false))\n"
        text += "# TYPE \(name) \(kind.rawValue)\n"
        text += family.text
    }

    /// Writes a family of one sample; nothing for `nil`.
    mutating func family(_ name: String, _ kind: Kind, _ help: String, _ value: Double?) {
        family(name, kind, help) { family in
            if let value { family.sample([:], value) }
        }
    }

    /// The samples of one family.
    struct Family {
        fileprivate let name: String
        fileprivate var text = ""

        mutating func sample(_ labels: Labels, _ value: Double) {
            write("", labels.map { ($0, $1) }, value)
        }

        mutating func histogram(_ labels: Labels, _ histogram: Histogram) {
            let labels = labels.map { ($0, $1) }
            var total: UInt64 = 0
            for (index, count) in histogram.counts.enumerated() {
                total += count
                let end = index < Histogram.bounds.count ? Histogram.bounds[index] : .infinity
                write("_bucket", labels + [("le", MetricsText.number(end))], Double(total))
            }
            write("_sum", labels, histogram.sumSeconds)
            write("_count", labels, Double(total))
        }

        private mutating func write(
            _ suffix: String, _ labels: [(String, String)], _ value: Double
        ) {
            text += name + suffix
            if !labels.isEmpty {
                let parts = labels.map { "\($0)=\"\(MetricsText.escaped($1, quotes: true))\"" }
                text += "{" + parts.joined(separator: ",") + "}"
            }
            text += " \(MetricsText.number(value))\n"
        }
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        let text = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return quotes ? text.replacing("\"", with: "\\\"") : text
    }

    private static func number(_ value: Double) -> String {
        if value == .infinity { return "+Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return "\(value)"
    }
}
