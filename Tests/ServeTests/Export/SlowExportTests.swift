//  SlowExportTests.swift · ServeTests
//
//  Exports of any length to readers who take their time, or nothing.

import Monitoring
import Support
import Synchronization
import Testing

@testable import Serve

/// A history that never ends: a thousand frames a page.
private final class EndlessHistory: LevelHistory {
    private let pages = Atomic<Int>(0)
    private let columns: FrameColumns = {
        var frames = SampleFrames(from: "2021-01-01T00:00:00Z")
        return FrameColumns(frames.next(1000))
    }()

    var pageCount: Int { pages.load(ordering: .relaxed) }
    func completeUntil(_ unit: UnitID) -> Timestamp? { nil }

    func frames(of unit: UnitID, in range: TimeRange, limit: Int) async throws -> StoredFrames {
        pages.add(1, ordering: .relaxed)
        return StoredFrames(columns: columns, hasMore: true, completeUntil: nil, damage: [])
    }

    func buckets(_ question: BucketQuestion) async throws -> StoredBuckets { throw Unasked() }
    func meterIntervals(
        of unit: UnitID, in range: TimeRange, limit: Int
    ) async throws -> StoredIntervals { throw Unasked() }

    private struct Unasked: Error {}
}

@Suite(.timeLimit(.minutes(10))) struct `An export without end` {
    private let history = EndlessHistory()

    private func site() -> Site {
        var site = Site()
        site.exported = history
        site.configuration.exports = 1
        return site
    }

    private func begin(_ port: Port) async throws -> RawConnection {
        let connection = try await RawConnection(port: port.number)
        try await connection.setReading(false)
        try await connection.send(
            "GET /api/export?unit=a HTTP/1.1\r\nHost: a\r\n\(Port.bearer)\r\n\r\n")
        return connection
    }

    @Test func `is closed to a reader who takes nothing`() async throws {
        var site = site()
        site.configuration.exportPatience = .milliseconds(300)
        try await site.run { port async throws in
            let connection = try await begin(port)
            while site.counts.hits(of: .slowExport) == 0 { await Task.yield() }
            // What waits is what sockets hold, however long the export is.
            #expect(history.pageCount < 1000)
            try await connection.close()
        }
    }

    @Test func `ends with its reader, whose place is free again`() async throws {
        let site = site()
        try await site.run { port async throws in
            let connection = try await begin(port)
            while history.pageCount == 0 { await Task.yield() }
            #expect(try await port.get("/api/export?unit=b-2").status == 429)
            #expect(site.counts.hits(of: .exports) == 1)
            try await connection.close()
            var status = 429
            while status == 429 {
                let next = try await RawConnection(port: port.number)
                try await next.send(
                    "HEAD /api/export?unit=a HTTP/1.1\r\nHost: a\r\n\(Port.bearer)\r\n\r\n")
                status = try await next.readAnswer(hasBody: false).status
                try await next.close()
            }
            #expect(status == 200)
        }
    }
}
