//  ServiceTests.swift · SimulatorTests
//
//  The same over a real port.

import Foundation
import Logging
import Monitoring
import ServiceLifecycle
import Testing

@testable import Simulator

@Suite struct `The simulator on a port` {
    @Test func `answers HTTP as recorded`() async throws {
        var configuration = SimulatorConfiguration()
        configuration.unitNames = ["nl43-0"]
        configuration.meterTakesTime = false
        try await serve(configuration) { client, _ in
            for recording in [
                "00_health", "02_unknown_status", "02_unknown_path", "20_history_hours_bad",
                "08_monitor_start", "07_live_measuring", "07_measurement_state",
            ] {
                let capture = try Capture(recording)
                let path = "/" + capture.segments.joined(separator: "/")
                let query = capture.query.map { "?\($0)=\($1)" }.joined()
                let answer = try await client.send(capture.method, path + query)
                #expect(answer.status == capture.status)
                #expect(answer.body.shape() == capture.body.shape())
            }
        }
    }

    @Test func `sends frames over WebSocket as recorded`() async throws {
        var configuration = SimulatorConfiguration()
        configuration.unitNames = ["nl43-0"]
        configuration.speed = 50
        try await serve(configuration) { client, service in
            let frames = try await client.frames("/api/nl43/nl43-0/monitor", count: 40)
            let recorded = try unwrap(Capture.frames("09_ws_monitor_1client").first).shape()
            for frame in frames { #expect(try JSON(parsing: frame).shape() == recorded) }
            #expect(try unwrap(service.counters["nl43-0"]).sent >= 40)
        }
    }

    @Test func `accepts the monitor of a unit that does not exist`() async throws {
        var configuration = SimulatorConfiguration()
        configuration.speed = 100
        try await serve(configuration) { client, _ in
            let frames = try await client.frames("/api/nl43/gh%22ost/monitor", count: 2)
            let last = try JSON(parsing: frames[1])
            #expect(keys(last) == ["unit_id", "timestamp", "feed_status", "heartbeat"])
            #expect(last["unit_id"] == "gh\"ost")
        }
    }

    @Test func `plays a recorded day to its subscriber, row by row, and journals it`() async throws
    {
        var text = "datetime,level\n"
        for row in 0..<300 {
            let time = Timestamp(milliseconds: 1_742_601_600_000 + Int64(row) * 1000)
            text += time.description.prefix(19) + ",\(40 + row % 40).\(row % 7)\n"
        }
        let day = try RecordedDay(csv: Array(text.utf8), file: "day.csv")
        let journal = FileManager.default.temporaryDirectory
            .appending(path: "journal-\(UUID().uuidString).csv").path()
        defer { try? FileManager.default.removeItem(atPath: journal) }
        var configuration = SimulatorConfiguration()
        configuration.levels = .recorded(day)
        configuration.exactCadence = true
        configuration.speed = 2000
        configuration.endingNow = true
        configuration.waitsForSubscribers = 1
        configuration.journal = journal
        var frames: [JSON] = []
        let begun = SystemClock().now
        try await serve(configuration) { client, _ in
            frames = try await client.frames("/api/nl43/NL43-0001/monitor", count: 300)
                .map { try JSON(parsing: $0) }
        }
        let levels = try frames.map { frame in
            try unwrap(Level(displayed: unwrap(frame["lp"]?.string))).tenths
        }
        #expect(levels == day.tenths)
        let times = try frames.map { frame in
            try unwrap(
                Timestamp(rfc3339: unwrap(frame["timestamp"]?.string), withoutZone: .utc))
        }
        #expect(zip(times, times.dropFirst()).allSatisfy { $1.milliseconds(since: $0) == 1000 })
        // The last row falls on real time.
        let last = try unwrap(times.last)
        #expect(begun <= last && last <= SystemClock().now)
        let lines = try String(contentsOfFile: journal, encoding: .utf8).split(separator: "\n")
        let sent = frames.map {
            "NL43-0001,\($0["timestamp"]?.string ?? ""),\($0["lp"]?.string ?? "")"
        }
        #expect(lines.prefix(300).map(String.init) == sent)
    }

    @Test func `stops when asked to, with all that it sent in the journal`() async throws {
        let journal = FileManager.default.temporaryDirectory
            .appending(path: "journal-\(UUID().uuidString).csv").path()
        defer { try? FileManager.default.removeItem(atPath: journal) }
        var configuration = SimulatorConfiguration(units: 3)
        configuration.speed = 300
        configuration.port = 0
        configuration.journal = journal
        let (ports, bound) = AsyncStream<Int>.makeStream()
        let logger = Logger(label: "simulator") { _ in SwiftLogNoOpLogHandler() }
        let service = SimulatorService(
            configuration: configuration, clock: SystemClock(), logger: logger,
            onReady: { bound.yield($0) })
        let services = ServiceGroup(services: [service], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            let client = RawClient(port: try unwrap(await ports.first { _ in true }))
            _ = try await client.frames("/api/nl43/NL43-0002/monitor", count: 100)
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
        let lines = try String(contentsOfFile: journal, encoding: .utf8).split(separator: "\n")
        let sent = try unwrap(service.counters["NL43-0002"]).sent
        #expect(lines.count == sent)
        #expect(sent >= 100)
        #expect(lines.allSatisfy { $0.hasPrefix("NL43-0002,20") })
    }

    @Test func `says which journal it cannot write`() async {
        var configuration = SimulatorConfiguration()
        configuration.journal = "/nowhere/journal.csv"
        let error = await #expect(throws: SimulatorError.self) {
            try await serve(configuration) { _, _ in }
        }
        #expect(error?.description == "the journal /nowhere/journal.csv cannot be written")
    }
}
