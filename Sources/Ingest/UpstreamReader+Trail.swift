//  UpstreamReader+Trail.swift · Ingest
//
//  Filling holes from the upstream's own trail, one unit at a time, through the same queue of calls.

import Logging
import Monitoring
import NIOCore
import Synchronization

extension UpstreamReader {
    /// Offers the unit that waits for its trail the longest.
    func offerTrail(to turn: inout TrailTurn) {
        let now = context.stopwatch.now
        let (readers, isFailed) = state.withLock { ($0.readers, $0.condition.isFailed) }
        turn.offer(
            readers.compactMap { unit, reader in
                // A socket that delivers shows, before any poll is due, that the upstream is back.
                guard !isFailed || reader.isDelivering(at: now) else { return nil }
                return reader.waitsForTrail(at: now).map { (unit, $0) }
            })
    }

    /// Asks for a unit's trail and hands on what lies in its holes.
    ///
    /// - Returns: `nil` for what says nothing of the upstream: an answer without use among them,
    ///   because polls go on whether it has a trail or not, and one that comes late.
    func fill(
        _ unit: UnitID, asking exchange: UpstreamExchange, resting turn: inout TrailTurn
    ) async -> UpstreamCondition.Outcome? {
        guard let reader = reader(of: unit),
            let question = reader.askTrail(at: context.stopwatch.now)
        else { return nil }
        let call = UpstreamCall.trail(reader.unit.upstreamUnit, hours: question.hours)
        let reply = await ask(call, isUrgent: false, of: exchange) {
            try SLMMTrail($0.body.readableBytesView, status: $0.status)
        }
        switch reply {
        case .answer(let trail):
            let observations = reader.update { $0.fill(question, from: trail) }
            if !observations.isEmpty {
                context.logger.info(
                    "a hole was filled from the upstream's trail",
                    metadata: ["unit": "\(unit)", "points": "\(observations.count)"])
            }
            await context.hand(observations, of: reader)
            return .answered
        case .failed(let outcome):
            reader.count(FaultReason(outcome))
            turn.fail(at: context.stopwatch.now)
            // An upstream that answers polls and is slow to tell of a day is well.
            return outcome == .refused ? outcome : nil
        case .cancelled:
            return nil
        }
    }
}

extension FaultReason {
    /// - Parameter outcome: of a call that failed.
    init(_ outcome: UpstreamCondition.Outcome) {
        switch outcome {
        case .timedOut: self = .timedOut
        case .refused: self = .refused
        case .answered, .unusable: self = .undecodable
        }
    }
}
