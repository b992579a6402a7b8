//  Scrubber.swift · Store
//
//  Reads one segment an hour, page by page, so that damage is known before somebody needs what it
//  has hit. On a thread of its own: commits and readers wait for nothing of it.

import Logging
import Monitoring

/// Which segment is read next, and when. Pure.
struct ScrubSchedule {
    static let pauseMilliseconds: Int64 = 3_600_000
    /// A service that is restarted more often than each hour gets on with it, too.
    static let firstPauseMilliseconds: Int64 = 300_000

    private(set) var due: Timestamp
    /// Read in this round.
    private var done: Set<String> = []
    /// Where in the list this process begins, 0 ..< 1: not at the same end after each restart.
    private let start: Double

    init(now: Timestamp, start: Double) {
        due = now.advanced(byMilliseconds: ScrubSchedule.firstPauseMilliseconds)
        self.start = start
    }

    /// The segment whose turn it is; `nil` while it is nobody's.
    ///
    /// - Parameters:
    ///   - names: all segments.
    ///   - suspects: those known to be damaged; they go first, because they may have been mended.
    mutating func next(of names: [String], suspects: Set<String>, now: Timestamp) -> String? {
        // A clock that went back must not put it off for ever.
        let isEarly = now < due && due.milliseconds(since: now) <= ScrubSchedule.pauseMilliseconds
        guard !isEarly, !names.isEmpty else { return nil }
        due = now.advanced(byMilliseconds: ScrubSchedule.pauseMilliseconds)
        done.formIntersection(names)
        if done.count == names.count { done = [] }
        let sorted = names.sorted()
        let first = min(sorted.count - 1, Int(Double(sorted.count) * start))
        let order = sorted[first...] + sorted[..<first]
        let left = order.filter { !done.contains($0) }
        let chosen = left.first(where: suspects.contains) ?? left[0]
        done.insert(chosen)
        return chosen
    }
}

/// Reads segments and tells what it finds.
actor Scrubber {
    private let view: StoreView
    private let quarantine: Quarantine
    private let clock: any WallClock
    private let logger: Logger
    private let executor = QueueExecutor(label: "earshot.scrub")
    private var schedule: ScrubSchedule

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        view: StoreView, disk: any Disk, clock: any WallClock, start: Double, logger: Logger
    ) {
        self.view = view
        quarantine = Quarantine(disk: disk)
        self.clock = clock
        self.logger = logger
        schedule = ScrubSchedule(now: clock.now, start: start)
    }

    /// Looks once a minute whether it is time, until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(60))
            if !Task.isCancelled { step() }
        }
    }

    /// Reads the segment whose turn it is.
    /// - Returns: its name; `nil` when it was nobody's turn.
    @discardableResult
    func step() -> String? {
        let (segments, damage) = view.withState { ($0.segments, $0.damage) }
        let suspects = Set(damage.lazy.filter { $0.kind == "page" }.map(\.file))
        // Segments that were merged or deleted since take what was known of them along.
        for gone in suspects.subtracting(segments.map(\.name)) { forget(gone) }
        guard
            let name = schedule.next(
                of: segments.map(\.name), suspects: suspects, now: clock.now),
            let segment = segments.first(where: { $0.name == name })
        else { return nil }
        let found = segment.verify()
        if Task.isCancelled { return nil }
        if found.isEmpty {
            if suspects.contains(name) { forget(name) }
        } else {
            tell(found, of: name)
        }
        return name
    }

    private func tell(_ found: [Damage], of name: String) {
        let told = Scrubber.bounded(found)
        for damage in view.note(told) {
            logger.error(
                "store damage", metadata: ["file": "\(damage.file)", "detail": "\(damage.detail)"])
        }
        try? quarantine.note(told, about: name + Scrubber.pages)
    }

    private func forget(_ name: String) {
        view.forgetPages(of: name)
        quarantine.forget(name + Scrubber.pages)
    }

    /// Behind a segment's name, what the note of its damaged pages is about.
    static let pages = ".pages"
    /// Damaged blocks of a segment that are told one by one.
    private static let blocksMaximum = 20

    /// The first ones, and all others of the file as one.
    private static func bounded(_ damage: [Damage]) -> [Damage] {
        guard damage.count > blocksMaximum else { return damage }
        let rest = damage[blocksMaximum...]
        return Array(damage[..<blocksMaximum]) + [
            Damage(
                file: rest.first!.file, kind: "page", from: rest.compactMap(\.from).min(),
                to: rest.compactMap(\.to).max(),
                detail: "\(rest.count) more blocks cannot be read.")
        ]
    }
}
