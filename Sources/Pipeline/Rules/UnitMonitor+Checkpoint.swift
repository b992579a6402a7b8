//  UnitMonitor+Checkpoint.swift · Pipeline
//
//  A monitor's whole state as bytes, so that a restart goes on as if there had been none. It holds
//  the samples of sliding averages too: no frame has to be read again to make them.

import Foundation
package import Monitoring

extension UnitMonitor {
    /// The form of a checkpoint's state.
    package static let checkpointVersion = 1

    private struct Snapshot: Codable {
        var plan: MonitoringPlan
        var watermark: Timestamp?
        var stepCeiling: Timestamp?
        var trail: FrameTrail
        /// By rule.
        var sampled: [String: RuleMachine.State]
        var averages: [String: AverageMachine.State]
        var watchdogs: Watchdogs.State
    }

    /// The state after everything up to the watermark and the journal's entry `journalNumber`.
    ///
    /// About 1 KB a rule; ten bytes more for each sample of a sliding average.
    package func checkpoint(journalNumber: Int64) -> MonitorCheckpoint {
        let snapshot = Snapshot(
            plan: plan, watermark: watermark, stepCeiling: stepCeiling, trail: trail,
            sampled: Dictionary(
                sampled.map { ($0.copy.rule.id, $0.state) }, uniquingKeysWith: { $1 }),
            averages: Dictionary(
                averages.map { ($0.copy.rule.id, $0.state) }, uniquingKeysWith: { $1 }),
            watchdogs: watchdogs.state)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // Numbers, texts and lists only: there is nothing that could not be written.
        let state = try! encoder.encode(snapshot)
        return MonitorCheckpoint(
            unit: plan.unit, journalNumber: journalNumber, watermark: watermark,
            version: UnitMonitor.checkpointVersion, state: [UInt8](state))
    }

    /// Goes on from a checkpoint: with the frames after its watermark and the entries after its
    /// number it comes to the same as a monitor that was never stopped.
    ///
    /// - Returns: `nil` for another version, or bytes that say nothing; then one begins anew.
    package init?(_ checkpoint: MonitorCheckpoint, hasWatchdogs: Bool = true) {
        guard checkpoint.version == UnitMonitor.checkpointVersion,
            let snapshot = try? JSONDecoder().decode(Snapshot.self, from: Data(checkpoint.state)),
            snapshot.plan.unit == checkpoint.unit
        else { return nil }
        self.init(plan: snapshot.plan, hasWatchdogs: hasWatchdogs)
        guard sampled.count == snapshot.sampled.count, averages.count == snapshot.averages.count
        else { return nil }
        restore(
            watermark: snapshot.watermark, stepCeiling: snapshot.stepCeiling, trail: snapshot.trail)
        for index in sampled.indices {
            guard let state = snapshot.sampled[sampled[index].copy.rule.id] else { return nil }
            sampled[index].state = state
        }
        for index in averages.indices {
            guard let state = snapshot.averages[averages[index].copy.rule.id] else { return nil }
            averages[index].state = state
        }
        watchdogs.state = snapshot.watchdogs
    }
}
