//  FaultsOfUnitsTests.swift · SimulatorTests
//
//  Each way in which a unit goes wrong: what /status, /monitor and the roster say before, during
//  and after.

import Testing

@testable import Simulator

/// One unit, watched, that goes wrong from 60 s to 120 s of the play.
struct FaultyUnit {
    static let name = "NL43-0001"
    var upstream: SimulatedUpstream
    /// Readings of the socket, in the order they were sent.
    private(set) var frames: [JSON] = []

    init(
        _ kind: FaultKind, seconds: Int? = nil, isMonitored: Bool = true,
        change: (inout SimulatorConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = SimulatorConfiguration(units: 2)
        change(&configuration)
        upstream = SimulatedUpstream(configuration)
        let fault = Fault(
            kind, of: .unit(FaultyUnit.name), from: .seconds(60), to: .seconds(120),
            seconds: seconds)
        try #require(fault.problem == nil)
        for entry in fault.entries(id: 1) { upstream.add(entry, unit: FaultyUnit.name) }
        upstream.begin(at: startTime)
        if isMonitored {
            upstream.post("\(FaultyUnit.name)/monitor/start")
            _ = upstream.subscribe(FaultyUnit.name)
        }
    }

    /// Plays on to `second` of the play; returns what was sent meanwhile.
    @discardableResult
    mutating func play(to second: Int64) throws -> [JSON] {
        let end = startTime.advanced(byMicroseconds: second * 1_000_000)
        let sent = try upstream.advance(to: end).map { delivery in
            try JSON(parsing: delivery.frame.json(unit: delivery.unit))
        }
        frames += sent
        return sent
    }

    var status: JSON? {
        mutating get { upstream.get("\(FaultyUnit.name)/status").body["data"] }
    }

    var rosterRow: JSON? {
        upstream.roster().body["devices"]?.elements?
            .first { $0["unit_id"]?.string == FaultyUnit.name }
    }

    mutating func live() -> JSON? { upstream.get("\(FaultyUnit.name)/live").body["data"] }
}

private func text(_ json: JSON?, _ key: String) -> String? { json?[key]?.string }

private func level(_ json: JSON?, _ key: String) -> Double? {
    text(json, key).flatMap(Double.init)
}

@Suite struct `A unit that goes wrong` {
    /// What a frame, and the row, hold while it does; and what neither holds before and after.
    struct Sign: Sendable, CustomStringConvertible {
        let kind: FaultKind
        let isInFrame: @Sendable (JSON) -> Bool
        let isInRow: @Sendable (JSON) -> Bool
        var description: String { kind.rawValue }

        init(
            _ kind: FaultKind, _ isInFrame: @escaping @Sendable (JSON) -> Bool,
            row: (@Sendable (JSON) -> Bool)? = nil
        ) {
            self.kind = kind
            self.isInFrame = isInFrame
            isInRow = row ?? isInFrame
        }
    }

    static let signs = [
        Sign(.measureWord) { $0["measurement_state"] == "Measure" },
        Sign(
            .garbledState, { $0["measurement_state"] == "0.0, 51.2" },
            row: { $0["measurement_state"] == "Start" && $0["measurement_start_time"] != .null }),
        Sign(.garbledLevels) {
            $0["lp"] == "Sta" && $0["leq"] == "?? 53.3" && $0["lmax"] == .null
                && $0["raw_payload"] == "Sta,?? 53.3,,R+00"
        },
        Sign(.blankField) { isShifted($0) },
        Sign(.noLevels) { json in
            ["lp", "leq", "lmax", "lmin", "lpeak", "ln1", "ln2"].allSatisfy { json[$0] == "-.-" }
        },
        Sign(.over) { payload($0)[14...15] == ["1", "0"] },
        Sign(.under) { payload($0)[14...15] == ["0", "1"] },
        Sign(
            .wholeSeconds, { $0["timestamp"]?.string?.count == 19 },
            row: { $0["last_seen"]?.string?.count == 19 }),
        Sign(.outOfOrder) { json in
            guard let lmin = level(json, "lmin"), let leq = level(json, "leq") else { return false }
            return lmin > leq && Double(payload(json)[4]) == lmin
        },
    ]

    @Test(arguments: signs)
    func `shows it in frames and in the row, and then is well again`(sign: Sign) throws {
        var unit = try FaultyUnit(sign.kind)
        let before = try unit.play(to: 59)
        #expect(!before.isEmpty && !before.contains(where: sign.isInFrame))
        // The state's garbling is not to be seen in the row at all: its sign is an ordinary row.
        let isHidden = sign.kind == .garbledState
        #expect(sign.isInRow(try unwrap(unit.status)) == isHidden)
        let during = try unit.play(to: 119).filter { text($0, "feed_status") == "ok" }.dropFirst(2)
        #expect(during.count > 50 && during.allSatisfy(sign.isInFrame))
        #expect(sign.isInRow(try unwrap(unit.status)))
        try unit.play(to: 122)
        let after = try unit.play(to: 180)
        #expect(!after.isEmpty && !after.contains(where: sign.isInFrame))
        #expect(sign.isInRow(try unwrap(unit.status)) == isHidden)
        #expect(unit.rosterRow != nil)
    }

    @Test(arguments: [
        (FaultKind.blankField, "18_status_blank"), (.garbledLevels, "18_status_garble"),
        (.noLevels, "18_status_missing"), (.over, "18_status_overload"),
    ])
    func `answers /status as the real one did`(kind: FaultKind, recording: String) throws {
        var unit = try FaultyUnit(kind)
        try unit.play(to: 100)
        let recorded = try Capture(recording).body["data"]
        let shown = try unwrap(unit.status)
        #expect(keys(shown) == keys(try unwrap(recorded)))
        for key in keys(shown) where key != "unit_id" {
            #expect(kindOfText(shown[key]) == kindOfText(recorded?[key]), Comment(rawValue: key))
        }
        let fields = payload(shown)
        let theirs = payload(try unwrap(recorded))
        #expect(fields.count == theirs.count)
        #expect(fields.map(\.isEmpty) == theirs.map(\.isEmpty))
    }

    /// What a value is, apart from the numbers in it.
    private func kindOfText(_ json: JSON?) -> JSON? {
        guard let text = json?.string else { return json }
        if text.count > 40 { return "(payload)" }
        return json?.shape()
    }

    private static func isShifted(_ json: JSON) -> Bool {
        let fields = payload(json)
        guard fields.count == 64, fields[1].isEmpty, fields[2].isEmpty else { return false }
        let named = ["lp", "leq", "lmax", "lmin", "ln1", "ln2", "lpeak"].map { text(json, $0) }
        return named == [0, 3, 5, 6, 7, 8, 12].map { fields[$0] }
    }
}

/// The fields of a meter's line, without blanks around them.
private func payload(_ json: JSON) -> [String] {
    (text(json, "raw_payload") ?? "").split(separator: ",", omittingEmptySubsequences: false)
        .map { $0.split(separator: " ").joined() }
}

@Suite struct `A unit that goes away` {
    @Test func `is called reachable, with frozen levels, while its monitor tells the truth`() throws {
        var unit = try FaultyUnit(.unplugged)
        try unit.play(to: 60)
        let row = try unwrap(unit.status)
        let outage = try unit.play(to: 110)
        // As recorded: the last reading, 13 s later the loss, 29 s later (ours: 25 to 30) a beat.
        let recorded = try Capture.frames("19_ws_unreachable_then_back")
        #expect(outage.map(keys) == recorded[1...2].map(keys))
        #expect(outage.allSatisfy { text($0, "feed_status") == "unreachable" })
        let last = try unwrap(text(row, "last_seen"))
        let times = try [last] + outage.map { try unwrap(text($0, "timestamp")) }
        let gaps = try zip(times, times.dropFirst()).map {
            try seconds(unwrap($1)) - seconds(unwrap($0))
        }
        #expect((12.5...13.5).contains(gaps[0]))
        #expect((25...30).contains(gaps[1]))
        #expect(unit.status == row)
        #expect(row["is_reachable"] == true)
        #expect(row["consecutive_failures"] == 0)
        #expect(unit.rosterRow?["status"]?["is_reachable"] == true)
        #expect(unit.monitor("reachable") == false)
        #expect(unit.monitor("mode") == "backoff")
        // A watched loop looks each 5 s.
        let back = try unit.play(to: 126)
        #expect(text(back.last, "feed_status") == "ok")
        #expect(unit.monitor("reachable") == true)
    }

    @Test func `without a monitor is called unreachable after three polls`() throws {
        var unit = try FaultyUnit(.unplugged, isMonitored: false)
        try unit.play(to: 119)
        #expect(unit.status?["is_reachable"] == true)
        #expect(unit.status?["consecutive_failures"] == 2)
        try unit.play(to: 170)
        #expect(unit.status?["consecutive_failures"] == 0)
    }

    @Test func `as if it had never been reached has no row, then one without levels`() throws {
        var unit = try FaultyUnit(.neverReached)
        try unit.play(to: 59)
        #expect(unit.status != nil)
        try unit.play(to: 65)
        #expect(unit.upstream.get("NL43-0001/status") == .failure(404, "No NL43 status recorded"))
        #expect(unit.rosterRow?["status"] == .null)
        try unit.play(to: 115)
        let row = try unwrap(unit.status)
        let recorded = try unwrap(Capture("23_status_dead_later").body["data"])
        #expect(keys(row) == keys(recorded))
        for key in keys(recorded) where !["unit_id", "last_error", "consecutive_failures"].contains(key) {
            let isExpected = row[key]?.shape() == recorded[key]?.shape()
            #expect(isExpected || key == "is_reachable", Comment(rawValue: key))
        }
        // Its row's creation, ten seconds after it was registered, not null and not a reading.
        #expect(text(row, "last_seen") == startTime.advanced(byMicroseconds: 70_000_000).wholeSecond.text)
        #expect(unit.rosterRow?["status"]?["measurement_state"] == "unknown")
        #expect(unit.frames.suffix(2).allSatisfy { text($0, "feed_status") == "unreachable" })
        try unit.play(to: 126)
        #expect(text(unit.status, "measurement_state") == "Start")
        #expect(level(unit.status, "lp") != nil)
    }

    @Test func `from the roster goes on being monitored, and comes back by the same name`() throws {
        var unit = try FaultyUnit(.removed)
        try unit.play(to: 59)
        #expect(unit.rosterRow != nil)
        #expect(unit.upstream.roster().body["total"] == 2)
        try unit.play(to: 90)
        #expect(unit.rosterRow == nil)
        #expect(unit.upstream.roster().body["total"] == 1)
        #expect(unit.upstream.get("NL43-0001/config").status == 404)
        #expect(unit.upstream.get("NL43-0001/live").status == 404)
        #expect(unit.monitor("running") == true)
        #expect(text(unit.frames.last, "feed_status") == "unreachable")
        // A poll that was under way wrote the row again; the readings were never deleted.
        let row = try unwrap(unit.status)
        #expect(level(row, "lp") != nil)
        #expect(unit.upstream.get("NL43-0001/history").body["count"] != 0)
        try unit.play(to: 126)
        #expect(unit.rosterRow != nil)
        #expect(text(unit.frames.last, "feed_status") == "ok")
        #expect(text(unit.status, "measurement_start_time") == text(row, "measurement_start_time"))
    }

    @Test func `from the roster without a monitor loses its row`() throws {
        var unit = try FaultyUnit(.removed, isMonitored: false)
        try unit.play(to: 90)
        #expect(unit.upstream.get("NL43-0001/status") == .failure(404, "No NL43 status recorded"))
    }

    private func seconds(_ text: String) throws -> Double {
        let time = text.split(separator: "T")[1].split(separator: ":").map { Double($0) ?? .nan }
        return time[0] * 3600 + time[1] * 60 + time[2]
    }
}

extension FaultyUnit {
    fileprivate func monitor(_ key: String) -> JSON? {
        upstream.monitorStatus().body["monitors"]?[FaultyUnit.name]?[key]
    }
}

@Suite struct `A measurement that goes wrong` {
    @Test(arguments: [false, true])
    func `seems to begin anew after a stop, for a while`(isExact: Bool) throws {
        var unit = try FaultyUnit(.phantomRestart, seconds: 20) { $0.exactCadence = isExact }
        try unit.play(to: 59)
        let start = text(unit.status, "measurement_start_time")
        try unit.play(to: 60)
        // At the stop itself, before the next poll.
        #expect(text(unit.status, "measurement_state") == "Stop")
        #expect(unit.status?["measurement_start_time"] == .null)
        let during = try unit.play(to: 119)
        let states = during.map { text($0, "measurement_state") ?? "" }
        let phantom = during.filter { text($0, "measurement_state") == "Start" }
        #expect((15...20).contains(phantom.count))
        #expect(Set(phantom.map { text($0, "measurement_start_time") }).count == 1)
        #expect(text(phantom.first, "measurement_start_time") != start)
        #expect(Set(phantom.map { text($0, "leq") }).count == 1, "the results are frozen")
        let end = try unwrap(states.lastIndex(of: "Start"))
        #expect(end < phantom.count + 2 && end < states.count - 30, "then it is Stop")
        let after = try unit.play(to: 160)
        #expect(text(after.last, "measurement_state") == "Start")
        #expect(try unwrap(level(after.last, "lmax")) >= unwrap(level(after.last, "leq")))
    }

    @Test func `is reset without a word`() throws {
        var unit = try FaultyUnit(.reset)
        try unit.play(to: 59)
        let before = try unwrap(unit.status)
        let after = try unwrap(unit.play(to: 62).last)
        for key in ["measurement_state", "measurement_start_time"] {
            #expect(after[key] == before[key])
        }
        // After two seconds the results span no more than those.
        let span = try unwrap(level(after, "lmax")) - unwrap(level(after, "lmin"))
        let spanBefore = try unwrap(level(before, "lmax")) - unwrap(level(before, "lmin"))
        #expect(span < spanBefore)
    }

    @Test func `is stopped by hand, which is seen with the next look at the state`() throws {
        var unit = try FaultyUnit(.stopped)
        try unit.play(to: 61)
        let leq = text(unit.status, "leq")
        let during = try unit.play(to: 119)
        #expect(text(during.last, "measurement_state") == "Stop")
        #expect(during.last?["measurement_start_time"] == .null)
        #expect(during.allSatisfy { text($0, "leq") == leq })
        #expect(Set(during.map { text($0, "lp") }).count > 1)
        let after = try unit.play(to: 160)
        #expect(text(after.last, "measurement_state") == "Start")
        #expect(text(after.last, "leq") != leq)
    }

    @Test func `is told again on the socket now and then`() throws {
        var unit = try FaultyUnit(.replay)
        let before = try unit.play(to: 60)
        #expect(before == distinct(before))
        let during = try unit.play(to: 119)
        let new = distinct(before + during).count - before.count
        #expect((8...14).contains(during.count - new), "every fifth of about 58")
        for (index, frame) in during.enumerated() {
            let known = before + during[..<index]
            // What is told again is told as it was.
            if let old = known.last(where: { $0["timestamp"] == frame["timestamp"] }) {
                #expect(old == frame)
            }
        }
        let after = try unit.play(to: 180)
        #expect(distinct(unit.frames).count == unit.frames.count - (during.count - new))
        #expect(after == distinct(after))
    }

    private func distinct(_ frames: [JSON]) -> [JSON] {
        var times: Set<String> = []
        return frames.filter { times.insert(text($0, "timestamp") ?? "").inserted }
    }
}
