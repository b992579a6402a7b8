//  SimulationTests.swift · SimulatorTests
//
//  Ticks, subscribers and the journal, without sockets.

import Monitoring
import NIOCore
import Testing

@testable import Simulator

@Suite struct `A running simulation` {
    private let unit = "NL43-0001"
    private let start = Timestamp(milliseconds: 1_795_451_711_520)

    @Test func `waits for its subscribers, and gives them the first second`() {
        var configuration = SimulatorConfiguration()
        configuration.exactCadence = true
        configuration.waitsForSubscribers = 1
        let simulation = Simulation(configuration)
        simulation.tick(start)
        simulation.tick(start.advanced(byMilliseconds: 60_000))
        let waiting = simulation.answer(
            method: "GET", segments: ["api", "nl43", unit, "status"], query: { _ in nil })
        #expect(waiting == .failure(404, "No NL43 status recorded"))

        let received = ReceivedFrames()
        _ = simulation.subscribe(unit, received.receiver)
        let begin = start.advanced(byMilliseconds: 60_020)
        play(simulation, from: begin, milliseconds: 3000)
        #expect(received.times == seconds(0...3, from: begin))
    }

    @Test func `loses nothing when it plays fast, even after it was held up`() {
        var configuration = SimulatorConfiguration()
        configuration.exactCadence = true
        configuration.speed = 1000
        let simulation = Simulation(configuration)
        let received = ReceivedFrames()
        _ = simulation.subscribe(unit, received.receiver)
        simulation.tick(start)
        // One tick after 2 s without any: at most 200 s of play in it, the rest in the next.
        simulation.tick(start.advanced(byMilliseconds: 2000))
        #expect(received.times == seconds(0...200, from: start))
        for _ in 0..<9 { simulation.tick(start.advanced(byMilliseconds: 2000)) }
        #expect(received.times == seconds(0...2000, from: start))
        #expect(simulation.counters == [unit: counters(sent: 2001)])
    }

    @Test func `journals a frame once, however many were sent it`() throws {
        var configuration = SimulatorConfiguration(units: 2)
        configuration.exactCadence = true
        configuration.journal = "not opened here"
        let simulation = Simulation(configuration)
        simulation.tick(start)
        let (first, second, third) = (ReceivedFrames(), ReceivedFrames(), ReceivedFrames())
        _ = simulation.subscribe(unit, first.receiver)
        _ = simulation.subscribe(unit, second.receiver)
        play(simulation, from: start, milliseconds: 5000)
        // Replayed to a third: sent before, so no new frame.
        _ = simulation.subscribe(unit, third.receiver)
        #expect(second.frames == first.frames)
        #expect(third.frames == [first.frames[4]])
        let lines = String(decoding: simulation.takeJournal().sent, as: UTF8.self)
            .split(separator: "\n").map(String.init)
        let sent = try first.frames.map { frame in
            let time = try unwrap(frame["timestamp"]?.string)
            return "\(unit),\(time),\(try unwrap(frame["lp"]?.string))"
        }
        #expect(lines == sent)
        #expect(lines.count == 5)
        #expect(simulation.takeJournal() == JournalLines())
        #expect(simulation.counters == [unit: counters(sent: 5)])
    }

    @Test func `stops sending to a subscription that has ended`() {
        let simulation = Simulation(SimulatorConfiguration())
        simulation.tick(start)
        let received = ReceivedFrames()
        let subscription = simulation.subscribe(unit, received.receiver)
        play(simulation, from: start, milliseconds: 3000)
        let count = received.frames.count
        #expect(count > 0)
        simulation.unsubscribe(subscription)
        simulation.unsubscribe(subscription)
        play(simulation, from: start.advanced(byMilliseconds: 3000), milliseconds: 3000)
        #expect(received.frames.count == count)
    }

    @Test func `hands over all frames of a tick at once`() {
        var configuration = SimulatorConfiguration()
        configuration.exactCadence = true
        configuration.speed = 100
        let simulation = Simulation(configuration)
        simulation.tick(start)
        nonisolated(unsafe) var batches: [Int] = []
        _ = simulation.subscribe(unit) { _, messages in batches.append(messages) }
        simulation.tick(start.advanced(byMilliseconds: 150))
        simulation.tick(start.advanced(byMilliseconds: 210))
        #expect(batches == [15, 6])
    }

    private func play(_ simulation: Simulation, from time: Timestamp, milliseconds: Int64) {
        for elapsed in stride(from: 0, through: milliseconds, by: 20) {
            simulation.tick(time.advanced(byMilliseconds: elapsed))
        }
    }

    private func seconds(_ range: ClosedRange<Int64>, from time: Timestamp) -> [String] {
        range.map { UpstreamTime(time).advanced(byMicroseconds: $0 * 1_000_000 + 5000).text }
    }

    private func counters(sent: Int) -> FrameCounters {
        var counters = FrameCounters()
        counters.sent = sent
        return counters
    }
}
