//  Deadline.swift · Pipeline

/// The least of some instants that are after a given one.
struct Deadline {
    private let time: Int64
    /// `.max`: none.
    private(set) var instant = Int64.max

    init(after time: Int64) { self.time = time }

    mutating func add(_ candidate: Int64) {
        if candidate > time { instant = min(instant, candidate) }
    }
}
