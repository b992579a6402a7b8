//  FramePipelineTests.swift · PipelineTests

import Logging
import Monitoring
import Support
import Synchronization
import Testing

@testable import Pipeline

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

    init(failures: Int) { state = Mutex(([], failures)) }

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
        var summary = AppendSummary()
        summary.accepted = frames.count
        return summary
    }

    func flush() async throws(StoreError) {}
}
