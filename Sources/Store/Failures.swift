//  Failures.swift · Store
//
//  Which kinds of work fail at present, so that each is told once when it begins and once when it
//  ends, however often it is tried in between.

/// The kinds of work that fail at present. Pure.
struct Failures {
    enum Change { case began, ended }

    private var failing: Set<String> = []

    /// Takes note of one attempt.
    /// - Returns: what to tell; `nil` when nothing has changed.
    mutating func note(_ work: String, failed: Bool) -> Change? {
        if failed { return failing.insert(work).inserted ? .began : nil }
        return failing.remove(work) == nil ? nil : .ended
    }
}
