//  FramePipelineTests.swift · PipelineTests

import Logging
import Monitoring
import Support
import Synchronization
import Testing

@testable import Pipeline

@Suite struct `A unit's state` {
    // Ages of the newest frame in seconds, below 0 ahead of our clock; the cadence is 1 s.
    @Test(arguments: [
        (0, nil, .ok), (5, nil, .ok), (6, nil, .stale), (6, .unreachable, .unreachable),
        (1, .unreachable, .ok), (-5, .unreachable, .ok), (-200, nil, .ok),
        (-200, .upstreamDown, .upstreamDown), (-200, .unusable, .stale),
    ] as [(Int64, FeedReport.Fault?, LiveState.Status)])
    func `follows its newest frame, as far as that has an age`(
        age: Int64, fault: FeedReport.Fault?, status: LiveState.Status
    ) {
        let feed = FeedReport(cadenceMilliseconds: 1000, fault: fault, since: Samples.now)
        let state = LiveState(newest: Samples.frame(second: 200 - age), feed: feed)
        #expect(state.status(at: Samples.now) == status)
    }
}

@Suite struct `The pipeline` {
    @Test func `stores accepted and late frames, and shows only accepted ones`() async throws {
        let stage = Stage()
        let updates = stage.hub.updates()
        let frames = [5, 7, 6, 7, 8].map { Samples.frame(second: $0) }
        await stage.pipeline.take(frames.map { .frame($0) })
        stage.pipeline.drain()
        try await stage.pipeline.run()
        #expect(stage.store.frames.map(\.time) == Samples.times([5, 7, 6, 8]))
        #expect(stage.store.frames.map(\.state.origin) == [.live, .live, .late, .live])
        var shown: [Timestamp] = []
        for await batch in updates {
            for case .frame(let frame) in batch { shown.append(frame.time) }
        }
        #expect(shown == Samples.times([5, 7, 8]))
        #expect(stage.hub.state(of: Samples.unit).newest?.time == shown.last)
    }

    @Test func `stores the trail as such, and shows nothing of it`() async throws {
        let stage = Stage()
        let updates = stage.hub.updates()
        let frames = ([5, 130, 60, 131] as [Int64]).map { second in
            var frame = Samples.frame(second: second)
            if second == 60 { frame.state.origin = .trail }
            return frame
        }
        await stage.pipeline.take(frames.map { .frame($0) })
        stage.pipeline.drain()
        try await stage.pipeline.run()
        #expect(stage.store.frames.map(\.time) == Samples.times([5, 130, 60, 131]))
        #expect(stage.store.frames.map(\.state.origin) == [.live, .live, .trail, .live])
        var shown: [Timestamp] = []
        for await batch in updates {
            for case .frame(let frame) in batch { shown.append(frame.time) }
        }
        #expect(shown == Samples.times([5, 130, 131]))
        #expect(
            stage.hub.recent(Samples.unit, after: nil).map(\.time)
                == Samples.times([5, 130, 131]))
        #expect(stage.pipeline.counts.filled == 1)
        #expect(stage.pipeline.faults(of: Samples.unit) == [:])
    }

    @Test func `tries again while the store is full, and loses nothing`() async throws {
        let stage = Stage(failures: 3)
        await stage.pipeline.take((1...10).map { .frame(Samples.frame(second: $0)) })
        stage.pipeline.drain()
        async let ended: Void = stage.pipeline.run()
        for _ in 0..<3 {
            await stage.clock.sleepers(1)
            stage.clock.advance(by: .seconds(1))
        }
        try await ended
        #expect(stage.store.frames.count == 10)
    }

    @Test func `shows the newest stored frame after a restart, and stores it once`() async throws {
        let known = Samples.frame(second: 9)
        let stage = Stage(watermarks: [known])
        #expect(stage.hub.state(of: Samples.unit).newest == known)
        await stage.pipeline.take([.frame(known), .frame(Samples.frame(second: 10))])
        stage.pipeline.drain()
        try await stage.pipeline.run()
        #expect(stage.store.frames == [Samples.frame(second: 10)])
    }

    @Test func `goes on live when an upstream's clock went back`() async throws {
        let stage = Stage()
        let updates = stage.hub.updates()
        let seconds: [Int64] = [97, 98, 99, 50, 51, 52, 53, 99, 100]
        await stage.pipeline.take(seconds.map { .frame(Samples.frame(second: $0)) })
        stage.pipeline.drain()
        try await stage.pipeline.run()
        #expect(stage.store.frames.map(\.time) == Samples.times(seconds))
        // Until the clock has caught up, the store cannot tell which of its frames came after which.
        let origins: [FrameState.Origin] = [
            .live, .live, .live, .late, .late, .late, .late, .late, .live,
        ]
        #expect(stage.store.frames.map(\.state.origin) == origins)
        var shown: [Timestamp] = []
        for await batch in updates {
            for case .frame(let frame) in batch { shown.append(frame.time) }
        }
        #expect(shown == Samples.times([97, 98, 99, 52, 53, 99, 100]))
        #expect(stage.hub.state(of: Samples.unit).newest?.time == shown.last)
        let recent = stage.hub.recent(Samples.unit, after: nil)
        #expect(recent.map(\.time) == Samples.times([52, 53, 99, 100]))
        #expect(recent.allSatisfy { $0.state.origin == .live })
        #expect(stage.pipeline.faults(of: Samples.unit) == [.late: 2, .clockStep: 1])
    }

    /// The watermark is the newest stored time; the clock that went back is seen once more.
    @Test func `goes on live when it starts before a clock has caught up`() async throws {
        let stage = Stage(watermarks: [Samples.frame(second: 99)])
        await stage.pipeline.take((50...53).map { .frame(Samples.frame(second: $0)) })
        stage.pipeline.drain()
        try await stage.pipeline.run()
        #expect(stage.store.frames.map(\.state.origin) == [.late, .late, .late, .late])
        #expect(stage.hub.recent(Samples.unit, after: nil).map(\.time) == Samples.times([52, 53]))
        #expect(stage.hub.state(of: Samples.unit).newest?.time == Samples.frame(second: 53).time)
    }

    @Test func `counts what became of every frame`() async throws {
        let stage = Stage()
        var empty = Samples.frame(second: 9)
        empty.levels = Levels()
        let frames = [5, 7, 6, 7, 8].map { Samples.frame(second: $0) } + [empty]
        stage.store.refuse(Samples.times([8]))
        await stage.pipeline.take(frames.map { .frame($0) })
        var expected = PipelineCounts()
        expected.waiting = 6
        expected.waitingMaximum = FramePipeline.waitingMaximum
        #expect(stage.pipeline.counts == expected)
        stage.pipeline.drain()
        try await stage.pipeline.run()
        expected.waiting = 0
        expected.taken = 6
        expected.accepted = 3
        expected.late = 1
        expected.repeated = 1
        expected.dropped = [.noValues: 1]
        expected.stored = 3
        expected.conflicts = 1
        #expect(stage.pipeline.counts == expected)
        let faults: [FaultReason: UInt64] = [.late: 1, .noValues: 1, .conflict: 1]
        #expect(stage.pipeline.faults(of: Samples.unit) == faults)
    }

    @Test func `makes senders wait while it is behind`() async throws {
        let channel = Channel(capacity: 4)
        let sent = Counter()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for second in 1...100 {
                    await channel.send([.frame(Samples.frame(second: Int64(second)))])
                    sent.value.withLock { $0 = second }
                }
                channel.close()
            }
            var received = 0
            while let batch = await channel.receive() {
                #expect(batch.count <= 5)
                received += batch.count
                #expect(sent.value.withLock { $0 } <= received + 5)
            }
            #expect(received == 100)
        }
    }

    @Test func `keeps the newest 64 frames of a unit for joining`() {
        let hub = LiveHub()
        hub.publish((1...100).map { .frame(Samples.frame(second: $0)) })
        #expect(hub.recent(Samples.unit, after: nil).count == 64)
        let after = Samples.frame(second: 98).time
        #expect(hub.recent(Samples.unit, after: after).map(\.time) == Samples.times([99, 100]))
    }
}

private final class Counter: Sendable {
    let value = Mutex(0)
}

/// A pipeline between fakes.
private struct Stage {
    let store: MemoryStore
    let hub = LiveHub()
    let clock = ManualClock(start: Samples.now)
    let pipeline: FramePipeline

    init(failures: Int = 0, watermarks: [Frame] = []) {
        store = MemoryStore(failures: failures)
        pipeline = FramePipeline(
            store: store, hub: hub, watermarks: watermarks, clock: clock, retry: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}

private final class MemoryStore: FrameStore {
    private let state: Mutex<(frames: [Frame], failures: Int)>
    private let refused = Mutex<Set<Timestamp>>([])

    init(failures: Int) { state = Mutex(([], failures)) }

    /// Takes no frame of these times, as if others were stored.
    func refuse(_ times: [Timestamp]) { refused.withLock { $0 = Set(times) } }

    var frames: [Frame] { state.withLock { $0.frames } }

    func append(_ frames: [Frame]) async throws(StoreError) -> AppendSummary {
        let fails = state.withLock { state in
            if state.failures > 0 {
                state.failures -= 1
                return true
            }
            state.frames += frames
            return false
        }
        if fails { throw .full }
        let refused = refused.withLock { $0 }
        var summary = AppendSummary()
        for frame in frames {
            if refused.contains(frame.time) {
                summary.conflictsByUnit[frame.unit, default: 0] += 1
            } else {
                summary.accepted += 1
            }
        }
        return summary
    }

    func flush() async throws(StoreError) {}
}
