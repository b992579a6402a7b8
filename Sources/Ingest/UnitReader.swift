//  UnitReader.swift · Ingest
//
//  One unit's intake, shared by its upstream's poll loop and by its own watcher.

import Monitoring
import NIOCore
import Synchronization

/// The shell around ``UnitIntake``. Safe to use from any task; nothing in it waits.
final class UnitReader: Sendable {
    /// Polling pauses while the socket has delivered a reading within this time.
    static let socketTrust: Duration = .seconds(15)

    private struct State {
        var unit: Unit
        var intake: UnitIntake
        var deliveredAt: Duration?
        var isListed: Bool?
        /// Whether an upstream's reader reads it now.
        var isRead = true
        var loggedFault: FeedReport.Fault?
    }

    private let state: Mutex<State>

    init(unit: Unit, newest: Frame? = nil, at now: Moment) {
        var intake = UnitIntake(unit: unit.id, newest: newest, at: now)
        intake.configure(unit)
        state = Mutex(State(unit: unit, intake: intake))
    }

    var unit: Unit { state.withLock { $0.unit } }
    var counts: IntakeCounts { state.withLock { $0.intake.counts } }
    var faults: [FaultReason: UInt64] { state.withLock { $0.intake.faults } }

    /// Takes what is configured now; it is read by `unit.upstream` from now on.
    func configure(_ unit: Unit) {
        state.withLock { state in
            if state.unit != unit { state.intake.configure(unit) }
            if (state.unit.upstream, state.unit.upstreamUnit) != (unit.upstream, unit.upstreamUnit) {
                state.intake.forgetHoles()
            }
            state.unit = unit
            state.isRead = true
        }
    }

    /// `upstream` does not read it any more.
    func release(from upstream: String) {
        state.withLock { if $0.unit.upstream == upstream { $0.isRead = false } }
    }

    /// - Returns: `nil` while nobody reads it.
    func report(rate: (Unit) -> UnitRate, at now: Moment) -> UnitReport? {
        let (unit, isRead, isListed, intake) = state.withLock {
            ($0.unit, $0.isRead, $0.isListed, $0.intake)
        }
        guard isRead else { return nil }
        return UnitReport(
            rate: rate(unit), cellular: intake.cellular.estimate(at: now), isListed: isListed,
            hasMonitor: intake.hasMonitor)
    }

    /// - Returns: what `change` found out, to be handed to the sink.
    func update(_ change: (inout UnitIntake) -> [Observation]) -> [Observation] {
        state.withLock { change(&$0.intake) }
    }

    func count(_ reason: FaultReason) { state.withLock { $0.intake.count(reason) } }

    /// - Parameter isListed: whether the upstream listed it just now.
    func setListed(_ isListed: Bool, at now: Moment) -> [Observation] {
        state.withLock { state in
            state.isListed = isListed
            return state.intake.setGone(!isListed, at: now)
        }
    }

    /// Whether the socket tells everything that `/status` could.
    func isDelivering(at now: Duration) -> Bool {
        state.withLock { $0.deliveredAt.map { now - $0 < UnitReader.socketTrust } ?? false }
    }

    /// Takes the answer of `/status`, unless the socket has begun to deliver since it was asked
    /// for: what the socket says is the same reading, or a newer one.
    func read(_ answer: SLMMStatus, at now: Moment) -> [Observation] {
        guard !isDelivering(at: now.elapsed) else { return [] }
        return update { $0.read(answer, at: now) }
    }

    /// Takes messages of the socket, in order.
    func receive(_ messages: [ByteBuffer], at now: Moment) -> [Observation] {
        var decoded: [SLMMMonitorMessage?] = []
        decoded.reserveCapacity(messages.count)
        for message in messages {
            decoded.append(try? SLMMMonitorMessage(message.readableBytesView))
        }
        return state.withLock { state in
            var observations: [Observation] = []
            observations.reserveCapacity(decoded.count)
            for message in decoded {
                guard let message else {
                    state.intake.count(.undecodable)
                    observations += state.intake.refuse(at: now)
                    continue
                }
                switch message {
                case .reading: state.deliveredAt = now.elapsed
                // The status row may say more; poll again.
                case .unreachable: state.deliveredAt = nil
                case .heartbeat: break
                }
                observations += state.intake.receive(message, at: now)
            }
            return observations
        }
    }

    /// Since when it waits for its upstream's trail; `nil` when that is not to be asked for now.
    func waitsForTrail(at now: Duration) -> Duration? {
        state.withLock { $0.intake.holes.waitingSince(at: now) }
    }

    /// What is asked of the trail now; the answer goes to ``UnitIntake/fill(_:from:)``.
    func askTrail(at now: Duration) -> TrailQuestion? {
        state.withLock { $0.intake.askTrail(at: now) }
    }

    func socketOpens() {
        state.withLock { $0.intake.openSocket() }
    }

    func socketEnded() {
        state.withLock { $0.deliveredAt = nil }
    }

    /// Whether `fault` is to be logged: each change once. An upstream's failure is logged by
    /// itself, not once for each of its units.
    func isNews(_ fault: FeedReport.Fault?) -> Bool {
        guard fault != .upstreamDown else { return false }
        return state.withLock { state in
            defer { state.loggedFault = fault }
            return state.loggedFault != fault
        }
    }
}
