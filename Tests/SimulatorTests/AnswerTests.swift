//  AnswerTests.swift · SimulatorTests
//
//  The recording session again, with the simulator in the place of the real upstream.

import Testing

@testable import Simulator

/// Where a recorded request found the upstream.
enum Moment: String, CaseIterable {
    /// Registered, never polled.
    case registered
    /// `nl43-0` measures under a monitor, two minutes on; `ghost` had a monitor for a moment.
    case measuring
    /// The same while one subscriber watches `nl43-0`.
    case watched
    /// `nl43-0` was stopped just now.
    case stopped
    /// `nl43-0` was stopped and its results thrown away: nothing was ever measured.
    case neverMeasured
    /// `nl43-0` lost its meter 50 s ago.
    case unplugged

    var upstream: SimulatedUpstream {
        var configuration = SimulatorConfiguration(units: 5)
        configuration.unitNames = ["nl43-0", "nl43-1", "nl43-2", "nl43-3", "dead"]
        var upstream = SimulatedUpstream(configuration)
        upstream.setPlugged(false, unit: "dead")
        guard self != .registered else { return upstream }
        upstream.post("ghost/monitor/start")
        upstream.post("ghost/monitor/stop")
        upstream.post("nl43-0/monitor/start")
        upstream.begin(at: startTime)
        if self == .watched { _ = upstream.subscribe("nl43-0") }
        upstream.play(125)
        switch self {
        case .registered, .measuring, .watched: break
        case .stopped: upstream.post("nl43-0/stop")
        case .neverMeasured:
            upstream.post("nl43-0/stop")
            upstream.post("nl43-0/reset")
            upstream.play(61)
        case .unplugged:
            upstream.setPlugged(false, unit: "nl43-0")
            upstream.play(50)
        }
        return upstream
    }
}

let startTime = UpstreamTime(microseconds: 1_795_451_711_520_504)

extension SimulatedUpstream {
    /// Lets `seconds` pass.
    @discardableResult
    mutating func play(_ seconds: Int64) -> [Delivery] {
        advance(to: now.advanced(byMicroseconds: seconds * 1_000_000))
    }

    @discardableResult
    mutating func post(_ path: String) -> Answer {
        answer(
            method: "POST", segments: SimulatedUpstream.segments(path), query: { _ in nil })
    }

    mutating func get(_ path: String) -> Answer {
        answer(
            method: "GET", segments: SimulatedUpstream.segments(path), query: { _ in nil })
    }

    private static func segments(_ path: String) -> [String] {
        ["api", "nl43"] + path.split(separator: "/").map(String.init)
    }
}

@Suite struct `The simulated upstream` {
    @Test(arguments: [
        ("00_health", Moment.registered),
        ("02_unknown_config", .measuring),
        ("02_unknown_events", .measuring),
        ("02_unknown_history", .measuring),
        ("02_unknown_live", .measuring),
        ("02_unknown_measurement_state", .measuring),
        ("02_unknown_monitor_start", .registered),
        ("02_unknown_monitor_stop", .measuring),
        ("02_unknown_path", .measuring),
        ("02_unknown_rules", .measuring),
        ("02_unknown_status", .measuring),
        ("04_status_before_first_poll", .registered),
        ("05_live_never_measured", .neverMeasured),
        ("05_status_never_measured", .neverMeasured),
        ("06_start", .stopped),
        ("06_start_again", .measuring),
        ("07_live_measuring", .measuring),
        ("07_measurement_state", .measuring),
        ("07_status_measuring", .measuring),
        ("08_monitor_start", .registered),
        ("12_monitor_status", .watched),
        ("12_system_status", .measuring),
        ("13_live_dead", .measuring),
        ("13_start_dead", .measuring),
        ("19_status_while_unreachable_50s", .unplugged),
        ("20_history_default", .measuring),
        ("20_history_hours0", .measuring),
        ("20_history_hours_bad", .measuring),
        ("20_history_hours_big", .measuring),
        ("21_reset", .measuring),
        ("22_status_stopped", .stopped),
        ("22_stop", .measuring),
    ])
    func `answers as the real one did`(recording: String, moment: Moment) throws {
        let capture = try Capture(recording)
        var upstream = moment.upstream
        let answer = upstream.answer(
            method: capture.method, segments: capture.segments, query: { capture.query[$0] })
        #expect(answer.status == capture.status)
        let body = try JSON(parsing: answer.body.bytes)
        #expect(body.shape() == capture.body.shape())
    }

    // In these the real upstream had not come round to polling all units; ours polls them at once.
    @Test(arguments: ["11_roster", "11_health_devices", "12_polling_status"])
    func `lists units as the real one did`(recording: String) throws {
        let capture = try Capture(recording)
        var upstream = Moment.measuring.upstream
        let answer = upstream.answer(
            method: capture.method, segments: capture.segments, query: { _ in nil })
        #expect(answer.status == capture.status)
        let list = try unwrap(answer.body["devices"] ?? answer.body["data"]?["devices"])
        let recorded = try unwrap(capture.body["devices"] ?? capture.body["data"]?["devices"])
        // The monitored unit in full; of the dead one, that its keys are the same.
        #expect(try unwrap(list.elements?[0]).shape() == unwrap(recorded.elements?[0]).shape())
        #expect(keys(try unwrap(list.elements?[4])) == keys(try unwrap(recorded.elements?[4])))
        #expect(list.elements?.count == recorded.elements?.count)
        #expect(keys(answer.body) == keys(capture.body))
    }

    @Test func `tells of its connections as the real one did`() throws {
        let capture = try Capture("12_connections_status")
        var upstream = Moment.measuring.upstream
        let answer = upstream.answer(
            method: "GET", segments: capture.segments, query: { _ in nil })
        let shape = answer.body.shape()
        #expect(keys(try unwrap(shape["pool"])) == keys(try unwrap(capture.body["pool"])))
        guard case .object(let connections)? = shape["pool"]?["connections"],
            case .object(let recorded)? = capture.body.shape()["pool"]?["connections"]
        else { throw MissingValue() }
        #expect(connections == recorded)
    }

    @Test func `answers a unit's config with the keys that a change of it answers`() throws {
        let capture = try Capture("23_put_config_tcp_off")
        var upstream = Moment.measuring.upstream
        let answer = upstream.get("nl43-2/config")
        #expect(answer.status == 200)
        #expect(
            keys(try unwrap(answer.body["data"])) == keys(try unwrap(capture.body["data"])))
    }

    @Test func `knows which method a path takes`() {
        var upstream = Moment.measuring.upstream
        let answer = upstream.get("nl43-0/monitor/start")
        #expect(answer == .failure(405, "Method Not Allowed"))
        let write = upstream.post("nl43-0/status")
        #expect(write == .failure(405, "Method Not Allowed"))
    }

    @Test func `resets results, but neither state nor start time`() throws {
        var upstream = Moment.measuring.upstream
        let before = try unwrap(upstream.get("nl43-0/live").body["data"])
        upstream.post("nl43-0/reset")
        upstream.play(2)
        let after = try unwrap(upstream.get("nl43-0/live").body["data"])
        let recorded = try unwrap(try Capture("21_live_after_reset").body["data"])
        #expect(after.shape() == recorded.shape())
        #expect(after["measurement_start_time"] == before["measurement_start_time"])
        #expect(after["lmin"] != before["lmin"] || after["lmax"] != before["lmax"])
    }

    @Test func `refuses a number that is none`() {
        var upstream = Moment.measuring.upstream
        let answer = upstream.answer(
            method: "GET", segments: ["api", "nl43", "nl43-0", "alerts", "events"],
            query: { $0 == "limit" ? "many" : nil })
        #expect(answer == .invalid(.integer, query: "limit", input: "many"))
    }

    @Test func `keeps no more than a thousand names that it does not know`() {
        var upstream = Moment.registered.upstream
        for number in 0..<1200 { upstream.post("ghost\(number)/monitor/start") }
        #expect(upstream.feeds.count == 5 + 1000)
    }
}

func keys(_ json: JSON) -> [String] {
    guard case .object(let members) = json else { return [] }
    return members.map(\.key)
}
