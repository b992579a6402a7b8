//  SimulatedUpstreamTests.swift · IngestTests
//
//  Ingest against the simulator: everything that was sent, once.

import Foundation
import Logging
import Monitoring
import ServiceLifecycle
import Simulator
import Support
import Testing

@testable import Ingest

private struct RealClock: WallClock {
    var now: Timestamp {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Ingest of 13 units at full rate` {
    @Test func `hands on every frame that a fast upstream sends, once`() async throws {
        let journal = FileManager.default.temporaryDirectory
            .appending(path: "earshot-ingest-\(UUID().uuidString).csv")
        defer { try? FileManager.default.removeItem(at: journal) }
        var configuration = SimulatorConfiguration(units: 13)
        configuration.port = 0
        configuration.speed = 100
        configuration.exactCadence = true
        configuration.waitsForSubscribers = 13
        configuration.meterTakesTime = false
        configuration.journal = journal.path
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let port = Recorder<Int?>(nil)
        let simulator = SimulatorService(
            configuration: configuration, clock: RealClock(), logger: logger,
            onReady: { number in port.change { $0 = number } })
        let sink = RecordingSink()
        try await withThrowingTaskGroup { group in
            group.addTask { try await simulator.run() }
            await port.wait { $0 != nil }
            let upstream = Upstream(id: "s", url: "http://127.0.0.1:\(port.value!)")
            var ingest = IngestService.Configuration(upstreams: [upstream], seed: 1)
            ingest.pollInterval = .milliseconds(20)
            // A socket that is given up and opened again has lost what was sent meanwhile.
            ingest.requestTimeout = Bench.requestTimeout
            let service = try IngestService(
                configuration: ingest, directory: MemoryDirectory(rate: .full), sink: sink,
                clock: RealClock(), logger: logger)
            group.addTask { try await service.run() }
            await sink.taken.wait { taken in
                guard taken.observations.count >= 13 * 300 else { return false }
                let counts = taken.frames().reduce(into: [:]) { $0[$1.unit, default: 0] += 1 }
                return counts.count == 13 && counts.values.allSatisfy { $0 >= 100 }
            }
            group.cancelAll()
            try? await group.waitForAll()
        }
        var sent: [String: [(time: Timestamp, lp: Level?)]] = [:]
        for line in try String(contentsOf: journal, encoding: .utf8).split(separator: "\n") {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            let time = try #require(Timestamp(rfc3339: fields[1], withoutZone: .utc))
            sent[String(fields[0]), default: []].append((time, Level(displayed: fields[2])))
        }
        #expect(sent.count == 13)
        for (unit, sent) in sent {
            let frames = sink.taken.value.frames(of: unit)
            #expect(frames.count >= 100)
            // What was sent after the service was stopped is nobody's.
            let expected = sent.prefix(frames.count)
            #expect(expected.count == frames.count)
            // The cache may have told a reading first, and at its own time.
            let isSame = zip(frames.sorted { $0.time < $1.time }, expected).allSatisfy {
                abs($0.time.milliseconds(since: $1.time)) <= 500 && $0.levels[.lp] == $1.lp
            }
            #expect(isSame, Comment(rawValue: unit))
        }
    }
}
