//  Simulation.swift · PipelineTests
//
//  A site's days through scrub, monitors, store and ledger, in the order of the program; at chosen
//  moments everything but the disk is forgotten, and it goes on from there.
//
//      frames ─1─▶ store ─2─▶ monitors ─3─▶ flush ─4─▶ record ─5─▶ plans, tick ─6─▶ flush, record

import Monitoring

@testable import Pipeline

/// Runs a site. What it comes to is in `ledger` and `store`.
struct Simulation {
    enum Crashes: String, CaseIterable, Sendable {
        case none
        /// Only where a restart knows all that was known: no clock was set meanwhile.
        case settled
        case anywhere
    }

    struct Crash: Error {}

    let store = CrashingStore()
    let ledger = MemoryLedger()
    private(set) var crashCount = 0
    private(set) var stepCount = 0
    /// Keys of events that were recorded as open, and that nobody knew of after a crash.
    private(set) var lost: [String] = []

    let days: Int
    private var site: SimulatedSite
    private var random: SplitMix64
    private let crashes: Crashes
    private var scrub = Scrub()
    private var monitors: MonitorSet
    private var plans: [MonitoringPlan] = []
    /// Of each unit: its newest accepted frame, when it came, and the newest time of all.
    private var known: [UnitID: (time: Timestamp, uptime: Int64, maximum: Timestamp)] = [:]
    private var crashPoint: Int?

    init(seed: UInt64, days: Int = SimulatedSite.days, crashes: Crashes) {
        site = SimulatedSite(seed: seed, days: days)
        self.days = days
        random = SplitMix64(seed: ~seed)
        self.crashes = crashes
        monitors = MonitorSet(at: MonitorSet.Moment(now: SimulatedSite.start, uptime: 0))
    }

    mutating func run() async throws {
        while let step = site.next() {
            stepCount += 1
            if let changed = step.plans { plans = changed }
            crashPoint = nil
            // Drawn always, so that nothing else depends on it.
            let isChosen = Int.random(in: 0..<500, using: &random) == 0
            let point = Int.random(in: 1...6, using: &random)
            if isChosen, crashes != .none, crashes != .settled || isSettled(at: step.moment) {
                crashPoint = point
            }
            do {
                try await play(step)
            } catch is Crash {
                try await restart(at: step.moment)
                // The upstream still has its newest readings.
                crashPoint = nil
                try await play(step)
            }
        }
        try await store.flush()
    }

    private func isSettled(at moment: MonitorSet.Moment) -> Bool {
        known.values.allSatisfy { known in
            known.time == known.maximum
                && moment.now.milliseconds(since: known.time) == moment.uptime - known.uptime
        }
    }

    private func crashes(at point: Int) throws {
        if crashPoint == point { throw Crash() }
    }

    private mutating func play(_ step: SiteStep) async throws {
        try await take(step.observations, at: step.moment)
        let store = store
        _ = monitors.follow(plans, at: step.moment) { store.completeUntil($0) }
        for (unit, time) in monitors.tick(at: step.moment) { scrub.raise(unit, to: time) }
        try crashes(at: 6)
        try await keep()
    }

    private mutating func take(
        _ observations: [Observation], at moment: MonitorSet.Moment
    ) async throws {
        guard !observations.isEmpty else { return }
        var frames: [Frame] = []
        var inputs: [EventWatch.Input] = []
        for observation in observations {
            switch observation {
            case .feed(let unit, let report): inputs.append(.feed(unit, report))
            case .frame(let frame):
                let verdict = scrub.judge(frame, now: moment.now)
                guard let stored = scrub.asStored(frame, verdict) else { continue }
                frames.append(stored)
                switch verdict {
                case .accepted: inputs.append(.frame(frame, isStep: false))
                case .clockStep: inputs.append(.frame(frame, isStep: true))
                case .late, .filled, .repeated, .implausible: break
                }
            }
        }
        try crashes(at: 1)
        _ = try await store.append(frames)
        try crashes(at: 2)
        for input in inputs {
            switch input {
            case .feed(let unit, let report): monitors.note(report, of: unit, at: moment)
            case .frame(let frame, let isStep):
                monitors.take(frame, isStep: isStep, at: moment)
                let maximum = max(known[frame.unit]?.maximum ?? frame.time, frame.time)
                known[frame.unit] = (frame.time, moment.uptime, maximum)
            }
        }
        try crashes(at: 3)
        try await keep()
        try crashes(at: 5)
    }

    private mutating func keep() async throws {
        let batch = monitors.takeBatch()
        // The store commits by itself, too.
        try await store.flush()
        try crashes(at: 4)
        if let batch { _ = try await ledger.record(batch.ledger) }
    }

    private mutating func restart(at moment: MonitorSet.Moment) async throws {
        crashCount += 1
        store.crash()
        // Now and then by another version, which reads the whole journal.
        if crashCount % 40 == 20 { ledger.forgetCheckpoints() }
        let recovery = try await MonitorRecovery(ledger: ledger, history: store, now: moment.now)
        lost += recovery.events.filter { $0.closedAt == moment.now && $0.clearReason == .noData }
            .map(\.key)
        var batch = LedgerBatch()
        batch.events = recovery.events
        _ = try await ledger.record(batch)
        monitors = MonitorSet(
            resumed: recovery.monitors, lastNumber: recovery.lastNumber, at: moment)
        scrub = Scrub()
        for frame in store.newest { scrub.resume(frame) }
        for one in monitors.watermarks {
            scrub.resume(one.unit, at: one.watermark, ceiling: one.ceiling)
        }
        let open = Set(monitors.openEvents.map(\.key))
        lost += ledger.events.filter(\.isActive).map(\.key).filter { !open.contains($0) }
    }
}
