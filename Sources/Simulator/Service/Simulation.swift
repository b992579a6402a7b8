//  Simulation.swift · Simulator
//
//  The one lock around one upstream: ticks, requests and subscribers meet here. Nothing waits
//  under it.

import Monitoring
import NIOCore
import Synchronization
import Web

/// A running simulated upstream, without its sockets.
final class Simulation: Sendable {
    /// Its connections, which some faults cut.
    let wires = Wires()
    private let configuration: SimulatorConfiguration
    private let state: Mutex<State>

    /// Takes frames for one subscriber: bytes that hold so many whole WebSocket messages. Called
    /// under the simulation's lock, so it only hands on.
    typealias Receiver = @Sendable (ByteBuffer, _ messages: Int) -> Void

    private struct State {
        var upstream: SimulatedUpstream
        /// `nil` until the play begins.
        var clock: SimulatedClock?
        var receivers: [String: [Int: Receiver]] = [:]
        var subscriptionCount = 0
        var nextSubscription = 0
        var counters: [String: FrameCounters] = [:]
        /// Lines for the journals since they were last taken.
        var lines = JournalLines()
        /// The time of the newest frame sent, by unit: a replay is not a new frame.
        var newestSent: [String: UpstreamTime] = [:]
    }

    init(_ configuration: SimulatorConfiguration) {
        self.configuration = configuration
        state = Mutex(State(upstream: SimulatedUpstream(configuration)))
    }

    /// How often ``tick(_:)`` is meant to be called.
    static let tickMilliseconds = 20
    /// The most simulated time that one tick plays, at speed 1.
    private static let stepMicrosecondsMax = 10_000 * Double(tickMilliseconds)

    /// Plays on to what the clock shows at the real instant `now`, and sends the frames.
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
            var deliveries = state.upstream.advance(to: target)[...]
            while let unit = deliveries.first?.unit {
                let ofUnit = deliveries.prefix { $0.unit == unit }
                send(ofUnit.map(\.frame), of: unit, in: &state)
                deliveries.removeFirst(ofUnit.count)
            }
            for taken in state.upstream.readings {
                FrameJournal.append(
                    unit: configuration.label(of: taken.unit), time: taken.reading.time,
                    reading: taken.reading, to: &state.lines.taken)
            }
            state.upstream.readings.removeAll(keepingCapacity: true)
            if state.upstream.takeCut() { cut(in: &state) }
            wires.setRefusing(state.upstream.isRefusing)
        }
    }

    private func cut(in state: inout State) {
        state.receivers = [:]
        state.subscriptionCount = 0
        wires.cutAll()
    }

    // MARK: Requests

    /// A request has come. It holds one of the upstream's connections until ``leave()``.
    func arrive(method: String, segments: [String]) {
        state.withLock { $0.upstream.arrive(method: method, segments: segments) }
    }

    func leave() { state.withLock { $0.upstream.leave() } }

    /// Whether requests and handshakes must wait now.
    var isSilent: Bool { state.withLock { $0.upstream.isSilent } }

    func reply(method: String, segments: [String], query: (String) -> String?) -> Reply {
        state.withLock {
            $0.upstream.reply(method: method, segments: segments, query: query)
        }
    }

    func answer(method: String, segments: [String], query: (String) -> String?) -> Answer {
        state.withLock {
            $0.upstream.answer(method: method, segments: segments, query: query)
        }
    }

    // MARK: Subscribers

    /// Subscribes to `unit`, known or not; the last frame is replayed before this returns.
    func subscribe(_ unit: String, _ receiver: @escaping Receiver) -> Subscription {
        state.withLock { state in
            let id = state.nextSubscription
            state.nextSubscription += 1
            state.subscriptionCount += 1
            let replayed = state.upstream.subscribe(unit)
            state.receivers[unit, default: [:]][id] = receiver
            if let replayed, !state.upstream.isSilent {
                receiver(Simulation.framed([replayed], of: unit), 1)
                count(replayed, of: unit, in: &state)
            }
            return Subscription(unit: unit, id: id)
        }
    }

    /// Ends a subscription; repeating it changes nothing.
    func unsubscribe(_ subscription: Subscription) {
        state.withLock { state in
            let unit = subscription.unit
            guard state.receivers[unit]?.removeValue(forKey: subscription.id) != nil else {
                return
            }
            state.subscriptionCount -= 1
            if state.receivers[unit]?.isEmpty == true { state.receivers[unit] = nil }
            state.upstream.unsubscribe(unit)
        }
    }

    /// A subscriber of `unit` was too slow for `count` frames.
    func noteLost(_ count: Int, of unit: String) {
        state.withLock { $0.counters[unit, default: FrameCounters()].lost += count }
    }

    var counters: [String: FrameCounters] { state.withLock { $0.counters } }

    /// The journals' lines since the last call.
    func takeJournal() -> JournalLines {
        state.withLock { state in
            defer { state.lines = JournalLines() }
            return state.lines
        }
    }

    private func send(_ frames: [FeedFrame], of unit: String, in state: inout State) {
        guard let receivers = state.receivers[unit] else { return }
        // Encoded once, and one write for each listener, however many listen.
        let framed = Simulation.framed(frames, of: unit)
        if state.upstream.faults.has(.cut) {
            let half = framed.getSlice(at: framed.readerIndex, length: framed.readableBytes / 2)!
            for receiver in receivers.values { receiver(half, 1) }
            return state.upstream.cutAll()
        }
        for receiver in receivers.values { receiver(framed, frames.count) }
        for frame in frames { count(frame, of: unit, in: &state) }
    }

    private func count(_ frame: FeedFrame, of unit: String, in state: inout State) {
        guard state.newestSent[unit].map({ $0 < frame.time }) ?? true else { return }
        state.newestSent[unit] = frame.time
        state.counters[unit, default: FrameCounters()].sent += 1
        if configuration.journal != nil, case .reading(let reading) = frame.content {
            FrameJournal.append(
                unit: configuration.label(of: unit), time: frame.time, reading: reading,
                to: &state.lines.sent)
        }
    }

    private static func framed(_ frames: [FeedFrame], of unit: String) -> ByteBuffer {
        var buffer = ByteBuffer()
        for frame in frames {
            WebSocket.write(frameOf: ByteBuffer(bytes: frame.json(unit: unit)), into: &buffer)
        }
        return buffer
    }
}

// Faults.
extension Simulation {
    func setPlugged(_ isPlugged: Bool, unit: String) {
        state.withLock { $0.upstream.setPlugged(isPlugged, unit: unit) }
    }

    /// Adds a fault of `unit`, or of the upstream as a whole.
    func add(_ entries: [FaultTimeline.Entry], unit: String?) {
        state.withLock { state in
            for entry in entries { state.upstream.add(entry, unit: unit) }
        }
    }

    func removeFault(id: Int) { state.withLock { $0.upstream.removeFault(id: id) } }

    /// Simulated time since the play began.
    var elapsed: Duration { .microseconds(state.withLock { $0.upstream.elapsed }) }

    /// What its wall clock shows; `nil` before the play.
    var wallClock: UpstreamTime? {
        state.withLock { $0.upstream.hasBegun ? $0.upstream.wallClock : nil }
    }

    var stats: UpstreamStats { state.withLock { $0.upstream.load.stats } }
}

/// Lines for both journals.
struct JournalLines: Equatable {
    /// Of frames that were sent.
    var sent: [UInt8] = []
    /// Of readings that were taken.
    var taken: [UInt8] = []
}

/// One reader of one unit's monitor.
struct Subscription: Hashable, Sendable {
    let unit: String
    let id: Int
}

/// What became of one unit's frames.
package struct FrameCounters: Hashable, Sendable {
    /// Distinct frames that at least one subscriber was sent.
    package internal(set) var sent = 0
    /// Frames that a subscriber lost because too many waited for it; one per subscriber.
    package internal(set) var lost = 0
}
