//  ClientEventTests.swift · ServeTests
//
//  Of events clients see the breaches of limits that are shown to them, and of those a few things.

import Foundation
import Monitoring
import Store
import Support
import Testing

@testable import Serve

@Suite(.timeLimit(.minutes(10))) struct `Events to clients` {
    private static func event(
        _ name: String, at location: String = "a1", kind: SoundEvent.Kind = .rule,
        level: SoundEvent.Level = .alarm, isVisible: Bool = true, rule: String? = nil,
        onset: Timestamp
    ) -> SoundEvent {
        var limit = AlertRule(
            id: rule ?? name, site: .location(location), name: name, thresholdTenths: 650)
        limit.isVisibleToClient = isVisible
        limit.recipients = ["ops"]
        var event = SoundEvent(
            kind: kind, unit: "a", location: location, rule: kind == .rule ? limit : nil,
            level: level, firstExceededAt: onset, onsetAt: onset, tenths: 701)
        event.comments = [SoundEvent.Note(at: onset, by: "kim", note: "for us alone")]
        return event
    }

    private static func minute(_ number: Int64) -> Timestamp {
        Timestamp("2026-11-23T12:00:00Z").advanced(byMilliseconds: number * 60_000)
    }

    private func site() async throws -> ClientSite {
        let site = try await ClientSite.filled()
        var batch = LedgerBatch()
        batch.events = [
            Self.event("breach", onset: Self.minute(0)),
            Self.event("warning", level: .warning, onset: Self.minute(1)),
            Self.event("hidden then", isVisible: false, onset: Self.minute(2)),
            Self.event("hidden now", rule: "day-a1", onset: Self.minute(3)),
            Self.event("watchdog", kind: .connectivity, onset: Self.minute(4)),
            Self.event("elsewhere", at: "b1", onset: Self.minute(5)),
        ]
        batch.events[0].clearedAt = Self.minute(1)
        _ = try await site.book.record(batch)
        try await site.book.configure { _, sites in
            var rule = AlertRule(id: "day-a1", site: .location("a1"), name: "Day", thresholdTenths: 700)
            rule.isVisibleToClient = false
            sites.put(rule)
        }
        return site
    }

    @Test func `are breaches of limits that are shown`() async throws {
        let site = try await site()
        let cookie = try await site.cookie(of: "alpha")
        try await site.run { port async throws in
            let answer = try await port.get("/portal/api/location/a1/events", fields: [cookie])
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(answer.bytes)) as? [String: Any])
            let events = try #require(object["events"] as? [[String: Any]])
            #expect(events.map { $0["name"] as? String } == ["breach"])
            #expect(object["active"] as? Int == 0)
            #expect(
                Set(try #require(events.first).keys) == [
                    "id", "status", "name", "metric", "averaging", "comparison", "threshold_db",
                    "first_exceeded_at", "onset_at", "onset_value", "peak_value", "peak_at",
                    "last_exceeded_at", "exceeded_s", "cleared_at", "no_data",
                ])
            let overview = try await port.get("/portal/api/locations", fields: [cookie]).body
            #expect(!overview.contains("hidden") && !overview.contains("Day"))
            let limits = try await port.get("/portal/api/location/a1/thresholds", fields: [cookie]).body
            #expect(limits.contains("Night a1") && !limits.contains("Day"))
        }
    }

    @Test func `come by pages that leave none out, however much lies between them`() async throws {
        let site = try await ClientSite.filled()
        var batch = LedgerBatch()
        for number in 0..<400 {
            var event = Self.event(
                "e\(number)", isVisible: number.isMultiple(of: 40), onset: Self.minute(Int64(number)))
            event.clearedAt = Self.minute(Int64(number) + 1)
            batch.events.append(event)
        }
        _ = try await site.book.record(batch)
        let cookie = try await site.cookie(of: "alpha")
        try await site.run { port async throws in
            var names: [String] = []
            var cursor: String? = ""
            while let next = cursor {
                let page = next.isEmpty ? "" : "&cursor=\(next)"
                let answer = try await port.get(
                    "/portal/api/location/a1/events?limit=3" + page, fields: [cookie])
                let object = try #require(
                    try JSONSerialization.jsonObject(with: Data(answer.bytes)) as? [String: Any])
                names += (object["events"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
                cursor = object["next"] as? String
                try #require(names.count <= 10)
            }
            #expect(names == stride(from: 360, through: 0, by: -40).map { "e\($0)" })
        }
    }

    @Test func `are told on the streams of their own location`() async throws {
        let site = try await ClientSite.filled()
        let cookie = try await site.cookie(of: "alpha")
        try await site.run { port async throws in
            let stream = try await port.socket("/portal/api/location/a1/stream", fields: [cookie])
            #expect(try await stream.readMessage().contains("status"))
            port.hub.tell([
                .event(Self.event("elsewhere", at: "b1", onset: Self.minute(0))),
                .event(Self.event("hidden", isVisible: false, onset: Self.minute(1))),
                .event(Self.event("warning", level: .warning, onset: Self.minute(2))),
                .event(Self.event("breach", onset: Self.minute(3))),
            ])
            let message = try await stream.readMessage()
            #expect(message.hasPrefix(#"{"type":"event","id":null,"status":"active","name":"breach","#))
            #expect(!message.contains("alone") && !message.contains("ops") && !message.contains("unit"))
            try await stream.close()
        }
    }
}
