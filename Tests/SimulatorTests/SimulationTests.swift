//  SimulationTests.swift · SimulatorTests
//
//  Ticks, subscribers, queues and the journal, without sockets.

import Monitoring
import NIOCore
import Testing

@testable import Simulator

@Suite struct `A running simulation` {
    private let unit = "NL43-0001"
    private let start = Timestamp(milliseconds: 1_795_451_711_520)

    @Test func `waits for its subscribers, and gives them the first second`() async throws {
        var configuration = SimulatorConfiguration()
        configuration.exactCadence = true
        configuration.waitsForSubscribers = 1
        let simulation = Simulation(configuration)
        simulation.tick(start)
        simulation.tick(start.advanced(byMilliseconds: 60_000))
        let waiting = simulation.answer(
            method: "GET", segments: ["api", "nl43", unit, "status"], query: { _ in nil })
        #expect(waiting == .failure(404, "No NL43 status recorded"))

        let subscription = simulation.subscribe(unit)
        let begin = start.advanced(byMilliseconds: 60_020)
        play(simulation, from: begin, milliseconds: 3000)
        simulation.finish()
        let times = await frames(subscription).compactMap { $0["timestamp"]?.string }
        #expect(
            times == (0...3).map {
                UpstreamTime(begin).advanced(byMicroseconds: $0 * 1_000_000 + 5000).text
            })
    }

    @Test func `loses the newest frames of a reader that stopped reading`() async throws {
        let simulation = Simulation(SimulatorConfiguration())
        simulation.tick(start)
        let slow = simulation.subscribe(unit)
        play(simulation, from: start, milliseconds: 20_000)
        simulation.finish()
        let kept = await frames(slow)
        #expect(kept.count == 5)
        let last = try unwrap(kept.last?["timestamp"]?.string)
        #expect(last < UpstreamTime(start).advanced(byMicroseconds: 8_000_000).text)
        let counters = try unwrap(simulation.counters[unit])
        #expect(counters.sent == 5)
        #expect((10...14).contains(counters.lost))
    }

    @Test func `loses nothing when it plays fast, even after it was held up`() async throws {
        var configuration = SimulatorConfiguration()
        configuration.exactCadence = true
        configuration.speed = 1000
        let simulation = Simulation(configuration)
        let subscription = simulation.subscribe(unit)
        simulation.tick(start)
        // One tick after 2 s without any: at most 200 s of play in it, the rest in the next.
        simulation.tick(start.advanced(byMilliseconds: 2000))
        #expect(simulation.counters[unit]?.sent == 201)
        for _ in 0..<9 { simulation.tick(start.advanced(byMilliseconds: 2000)) }
        simulation.finish()
        let times = await frames(subscription).compactMap { $0["timestamp"]?.string }
        #expect(
            times == (0...2000).map {
                UpstreamTime(start).advanced(byMicroseconds: $0 * 1_000_000 + 5000).text
            })
        #expect(simulation.counters[unit] == counters(sent: 2001))
    }

    @Test func `journals a frame once, however many were sent it`() async throws {
        var configuration = SimulatorConfiguration(units: 2)
        configuration.exactCadence = true
        configuration.journal = "not opened here"
        let simulation = Simulation(configuration)
        simulation.tick(start)
        let first = simulation.subscribe(unit)
        let second = simulation.subscribe(unit)
        play(simulation, from: start, milliseconds: 5000)
        // Replayed to a third: sent before, so no new frame.
        let third = simulation.subscribe(unit)
        simulation.finish()
        let frames = await frames(first)
        #expect(await self.frames(second) == frames)
        #expect(await self.frames(third) == [frames[4]])
        let lines = String(decoding: simulation.takeJournal(), as: UTF8.self)
            .split(separator: "\n").map(String.init)
        #expect(
            lines == frames.map { "\(unit),\($0["timestamp"]!.string!),\($0["lp"]!.string!)" })
        #expect(lines.count == 5)
        #expect(simulation.takeJournal().isEmpty)
        #expect(simulation.counters == [unit: counters(sent: 5)])
    }

    @Test func `stops sending to a subscription that was closed`() async {
        let simulation = Simulation(SimulatorConfiguration())
        simulation.tick(start)
        let subscription = simulation.subscribe(unit)
        play(simulation, from: start, milliseconds: 3000)
        simulation.unsubscribe(subscription)
        simulation.unsubscribe(subscription)
        play(simulation, from: start.advanced(byMilliseconds: 3000), milliseconds: 3000)
        #expect(await frames(subscription).count == simulation.counters[unit]?.sent)
    }

    private func play(_ simulation: Simulation, from time: Timestamp, milliseconds: Int64) {
        for elapsed in stride(from: 0, through: milliseconds, by: 20) {
            simulation.tick(time.advanced(byMilliseconds: elapsed))
        }
    }

    /// All frames of a subscription that has ended.
    private func frames(_ subscription: Subscription) async -> [JSON] {
        var frames: [JSON] = []
        await subscription.queue.forEachBatch { batch in
            for frame in batch {
                if let json = try? JSON(parsing: [UInt8](frame.readableBytesView)) {
                    frames.append(json)
                }
            }
        }
        return frames
    }

    private func counters(sent: Int) -> FrameCounters {
        var counters = FrameCounters()
        counters.sent = sent
        return counters
    }
}
