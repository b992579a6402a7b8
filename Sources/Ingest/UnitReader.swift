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
    }

    private let state: Mutex<State>

    init(unit: Unit) {
        state = Mutex(State(unit: unit, intake: UnitIntake(unit: unit.id)))
    }

    var unit: Unit {
        get { state.withLock { $0.unit } }
        set { state.withLock { $0.unit = newValue } }
    }

    var counts: IntakeCounts { state.withLock { $0.intake.counts } }

    /// - Returns: what `change` found out, to be handed to the sink.
    func update(_ change: (inout UnitIntake) -> [Observation]) -> [Observation] {
        state.withLock { change(&$0.intake) }
    }

    /// Whether the socket tells everything that `/status` could.
    func isDelivering(at now: Duration) -> Bool {
        state.withLock { $0.deliveredAt.map { now - $0 < UnitReader.socketTrust } ?? false }
    }

    /// Takes the answer of `/status`, unless the socket has begun to deliver since it was asked
    /// for: what the socket says is the same reading, or a newer one.
    func read(_ answer: SLMMStatus, now: Duration, at time: Timestamp) -> [Observation] {
        guard !isDelivering(at: now) else { return [] }
        return update { $0.read(answer, at: time) }
    }

    /// Takes messages of the socket, in order.
    func receive(_ messages: [ByteBuffer], now: Duration, at time: Timestamp) -> [Observation] {
        var decoded: [SLMMMonitorMessage?] = []
        decoded.reserveCapacity(messages.count)
        for message in messages {
            decoded.append(try? SLMMMonitorMessage(message.readableBytesView))
        }
        return state.withLock { state in
            var observations: [Observation] = []
            observations.reserveCapacity(decoded.count)
            for message in decoded {
                switch message {
                case .reading: state.deliveredAt = now
                // The status row may say more; poll again.
                case .unreachable: state.deliveredAt = nil
                case .heartbeat, nil: break
                }
                observations +=
                    message.map { state.intake.receive($0, at: time) }
                    ?? state.intake.refuse(at: time)
            }
            return observations
        }
    }

    func socketEnded() {
        state.withLock { $0.deliveredAt = nil }
    }
}
