//  FramePipeline.swift · Pipeline
//
//  The one file of this stage that awaits: takes what ingest saw, lets the pure parts decide, and
//  hands on. Frames that were taken are stored, or wait here until the store takes them.
//
//      take(…) ─▶ channel (bounded) ─▶ scrub ─┬▶ store (group commit) ──────┐
//                                             ├▶ live hub                   ▼
//                                             └▶ monitors ─ events ─▶ event keeper

package import Logging
package import Monitoring
import ServiceLifecycle
import Synchronization

/// Runs frames from ingest to the store and the live hub.
package final class FramePipeline: ObservationSink, Service {
    /// Observations that wait at most; beyond it ``take(_:)`` waits.
    package static let waitingMaximum = 65_536

    private let store: any FrameStore
    private let hub: LiveHub
    private let clock: any WallClock
    private let retry: any Clock<Duration>
    private let logger: Logger
    private let channel = Channel(capacity: FramePipeline.waitingMaximum)
    private let watch: EventWatch?
    private let scrub: Mutex<Scrub>

    /// - Parameters:
    ///   - watermarks: the newest stored frame of each unit, by which a restart carries on.
    ///   - watch: judges what is accepted; `nil`: nothing is.
    ///   - retry: paces new tries while the store is full.
    package init(
        store: any FrameStore, hub: LiveHub, watermarks: [Frame], watch: EventWatch? = nil,
        clock: any WallClock, retry: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) {
        self.store = store
        self.hub = hub
        self.clock = clock
        self.retry = retry
        self.logger = logger
        var scrub = Scrub()
        for frame in watermarks {
            scrub.resume(frame)
            hub.restore(frame)
        }
        self.watch = watch
        for one in watch?.watermarks ?? [] {
            scrub.resume(one.unit, at: one.watermark, ceiling: one.ceiling)
        }
        self.scrub = Mutex(scrub)
    }

    package func take(_ observations: [Observation]) async {
        await channel.send(observations)
    }

    /// Works until the service group shuts down; then finishes what was taken.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                if let watch {
                    group.addTask { await watch.run { self.step($0) } }
                }
                while let batch = await channel.receive() {
                    let (frames, updates) = decide(batch)
                    if await keep(frames) { watch?.release() } else { watch?.drop() }
                    hub.publish(updates)
                }
                watch?.close()
            }
        } onGracefulShutdown: {
            self.channel.close()
        }
        hub.finish()
    }

    /// Ticks and the scrub take turns: no frame is judged by a watermark that just moved.
    private func step(_ beat: () -> [(UnitID, Timestamp)]) {
        scrub.withLock { scrub in
            for (unit, time) in beat() { scrub.raise(unit, to: time) }
        }
    }

    /// Ends ``run()`` once everything taken so far has been handled.
    package func drain() { channel.close() }

    private func decide(_ batch: [Observation]) -> (frames: [Frame], updates: [LiveUpdate]) {
        let now = clock.now
        var frames: [Frame] = []
        var updates: [LiveUpdate] = []
        scrub.withLock { scrub in
            var inputs: [EventWatch.Input] = []
            for observation in batch {
                switch observation {
                case .feed(let unit, let report):
                    updates.append(.feed(unit, report))
                    inputs.append(.feed(unit, report))
                case .frame(let frame):
                    let verdict = scrub.judge(frame, now: now)
                    guard let stored = scrub.asStored(frame, verdict) else { continue }
                    frames.append(stored)
                    var isStep = false
                    switch verdict {
                    case .late, .filled, .repeated, .implausible: continue
                    case .accepted: break
                    case .clockStep(let back):
                        isStep = true
                        logger.notice(
                            "the upstream's clock went back",
                            metadata: ["unit": "\(frame.unit)", "milliseconds": "\(back)"])
                    }
                    updates.append(.frame(frame))
                    inputs.append(.frame(frame, isStep: isStep))
                }
            }
            watch?.hold(inputs, now: now)
        }
        return (frames, updates)
    }

    /// - Returns: whether the store took them; it does not any more after its stop.
    private func keep(_ frames: [Frame]) async -> Bool {
        guard !frames.isEmpty else { return true }
        while true {
            do {
                let summary = try await store.append(frames)
                scrub.withLock { $0.note(summary) }
                return true
            } catch {
                switch error {
                case .stopped:
                    logger.error("frames came after the store had stopped")
                    return false
                case .full, .failed:
                    logger.warning("frames wait for the store", metadata: ["reason": "\(error)"])
                    try? await retry.sleep(for: .seconds(1))
                    if Task.isCancelled { return false }
                }
            }
        }
    }
}

extension FramePipeline: FaultCounts, PipelineHealth {
    package func faults(of unit: UnitID) -> [FaultReason: UInt64] {
        scrub.withLock { $0.faults(of: unit) }
    }

    package func warnings() -> [String] { watch?.warnings() ?? [] }

    package var counts: PipelineCounts {
        var counts = scrub.withLock { $0.counts }
        counts.waiting = channel.count
        counts.waitingMaximum = FramePipeline.waitingMaximum
        return counts
    }
}
