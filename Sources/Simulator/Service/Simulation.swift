//  Simulation.swift · Simulator
//
//  The one lock around the upstream: ticks, requests and subscribers meet here. Nothing waits
//  under it.

import Monitoring
import NIOCore
import Synchronization

/// A running simulated upstream, without its sockets.
final class Simulation: Sendable {
    private let configuration: SimulatorConfiguration
    private let state: Mutex<State>

    private struct State {
        var upstream: SimulatedUpstream
        /// `nil` until the play begins.
        var clock: SimulatedClock?
        var subscriptions: [String: [Int: FrameQueue]] = [:]
        var subscriptionCount = 0
        var nextSubscription = 0
        var counters: [String: FrameCounters] = [:]
        /// Lines for the journal since they were last taken.
        var journal: [UInt8] = []
        /// The time of the newest journaled frame by unit: a replay is not a new frame.
        var journaled: [String: UpstreamTime] = [:]
    }

    init(_ configuration: SimulatorConfiguration) {
        self.configuration = configuration
        state = Mutex(State(upstream: SimulatedUpstream(configuration)))
    }

    /// Plays on to what the clock shows at the real instant `now`, and queues the frames.
    ///
    /// A process that was held up does not play everything at once, but at ten times its speed
    /// until it has caught up; no frame is left out.
    func tick(_ now: Timestamp) {
        state.withLock { state in
            if state.clock == nil {
                guard state.subscriptionCount >= configuration.waitsForSubscribers else { return }
                let clock = configuration.clock(beginningAt: now)
                state.clock = clock
                state.upstream.begin(at: UpstreamTime(clock.start))
            }
            let step = Int64(configuration.speed * Simulation.stepMicrosecondsMax)
            let target = min(
                state.clock!.time(at: now), state.upstream.now.advanced(byMicroseconds: step))
            for delivery in state.upstream.advance(to: target) {
                send(delivery.frame, of: delivery.unit, in: &state)
            }
        }
    }

    /// How often ``tick(_:)`` is meant to be called.
    static let tickMilliseconds = 20
    /// The most simulated time that one tick plays, at speed 1.
    private static let stepMicrosecondsMax = 10_000 * Double(tickMilliseconds)

    func answer(method: String, segments: [String], query: (String) -> String?) -> Answer {
        state.withLock {
            $0.upstream.answer(method: method, segments: segments, query: query)
        }
    }

    /// Opens a subscription of `unit`, known or not; the last frame is queued at once.
    func subscribe(_ unit: String) -> Subscription {
        state.withLock { state in
            let queue = FrameQueue(bound: configuration.subscriberQueueMax)
            let id = state.nextSubscription
            state.nextSubscription += 1
            state.subscriptionCount += 1
            let replayed = state.upstream.subscribe(unit)
            state.subscriptions[unit, default: [:]][id] = queue
            if let replayed, queue.offer(ByteBuffer(bytes: replayed.json(unit: unit))) {
                count(replayed, of: unit, in: &state)
            }
            return Subscription(unit: unit, id: id, queue: queue)
        }
    }

    /// Closes a subscription; once.
    func unsubscribe(_ subscription: Subscription) {
        state.withLock { state in
            let unit = subscription.unit
            guard state.subscriptions[unit]?.removeValue(forKey: subscription.id) != nil else {
                return
            }
            state.subscriptionCount -= 1
            if state.subscriptions[unit]?.isEmpty == true { state.subscriptions[unit] = nil }
            state.upstream.unsubscribe(unit)
        }
        subscription.queue.finish()
    }

    /// Ends all subscriptions; their readers still get what is queued.
    func finish() {
        state.withLock { state in
            for queue in state.subscriptions.values.flatMap(\.values) { queue.finish() }
        }
    }

    func setPlugged(_ isPlugged: Bool, unit: String) {
        state.withLock { $0.upstream.setPlugged(isPlugged, unit: unit) }
    }

    var counters: [String: FrameCounters] { state.withLock { $0.counters } }

    /// The journal's lines since the last call.
    func takeJournal() -> [UInt8] {
        state.withLock { state in
            defer { state.journal.removeAll(keepingCapacity: true) }
            return state.journal
        }
    }

    private func send(_ frame: FeedFrame, of unit: String, in state: inout State) {
        guard let queues = state.subscriptions[unit] else { return }
        // Encoded once, however many listen.
        let message = ByteBuffer(bytes: frame.json(unit: unit))
        var taken = 0
        for queue in queues.values where queue.offer(message) { taken += 1 }
        state.counters[unit, default: FrameCounters()].lost += queues.count - taken
        if taken > 0 { count(frame, of: unit, in: &state) }
    }

    private func count(_ frame: FeedFrame, of unit: String, in state: inout State) {
        guard state.journaled[unit].map({ $0 < frame.time }) ?? true else { return }
        state.journaled[unit] = frame.time
        state.counters[unit, default: FrameCounters()].sent += 1
        if configuration.journal != nil {
            FrameJournal.append(frame, unit: unit, to: &state.journal)
        }
    }
}

/// One reader of one unit's monitor.
struct Subscription: Sendable {
    let unit: String
    let id: Int
    let queue: FrameQueue
}

/// What became of one unit's frames.
package struct FrameCounters: Hashable, Sendable {
    /// Distinct frames that at least one subscriber was sent.
    package internal(set) var sent = 0
    /// Frames that a subscriber lost because its queue was full; one per subscriber.
    package internal(set) var lost = 0
}
