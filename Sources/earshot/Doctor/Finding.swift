//  Finding.swift · earshot

/// What `earshot doctor` has to say about one thing.
struct Finding: Equatable, Encodable {
    enum Severity: String, Encodable, Comparable {
        /// All is well.
        case ok
        /// Worth knowing; nothing to do.
        case note
        /// The service runs, and somebody should look at this.
        case warning
        /// The service cannot run, or cannot do all its work.
        case fault

        static func < (a: Severity, b: Severity) -> Bool {
            let order: [Severity] = [.ok, .note, .warning, .fault]
            return order.firstIndex(of: a)! < order.firstIndex(of: b)!
        }
    }

    /// What was looked at: `data`, `keys`, `upstream` …
    let check: String
    let severity: Severity
    /// What is, with the values.
    let sentence: String
    /// What to do; `nil` when there is nothing to do.
    let remedy: String?

    init(_ severity: Severity, _ check: String, _ sentence: String, remedy: String? = nil) {
        self.check = check
        self.severity = severity
        self.sentence = sentence
        self.remedy = remedy
    }
}
