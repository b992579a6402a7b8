//  PlaceTileTests.swift · ServeTests

import HTTPTypes
import Monitoring
import Support
import Testing

@testable import Serve

private let since = Timestamp("2026-11-24T22:41:00Z")

@Suite struct `A tile` {
    /// In words: look, word, age, number, caption, level, note.
    private func words(_ place: PlaceFixture) -> [String] {
        let tile = place.tile
        return [
            tile.look.rawValue, tile.word, tile.age, tile.value, tile.caption, tile.level, tile.note,
        ]
    }

    @Test func `has the limit's own quantity as its number, and the level beside it`() {
        let place = PlaceFixture(rule: PlaceFixture.rule(), decibels: 62.34)
        #expect(
            words(place) == [
                "live", "Measuring", "1 s ago", "62.3", "average 15 min · limit 65", "now 64.8",
                "Within the limit",
            ])
    }

    @Test func `without a limit has the level as its number`() {
        #expect(
            words(PlaceFixture())
                == ["live", "Measuring", "1 s ago", "64.8", "level", "", "No limits set"])
    }

    @Test func `above a limit says since when and by how much`() {
        let place = PlaceFixture(rule: PlaceFixture.rule(), decibels: 66.92, activeSince: since)
        #expect(
            words(place) == [
                "above", "Above limit", "1 s ago", "66.9", "average 15 min · limit 65", "now 64.8",
                "Above the limit since 22:41, +1.9 over",
            ])
    }

    @Test(arguments: [
        // A clock on the wall in London and one in New York.
        ("Europe/London", "22:41"), ("America/New_York", "17:41"), ("Asia/Tokyo", "07:41"),
    ] as [(String, String)])
    func `tells times on the clock of its project`(zone: String, text: String) {
        let place = PlaceFixture(
            zone: zone, rule: PlaceFixture.rule(), decibels: 64, activeSince: since)
        #expect(place.tile.note == "Above the limit since \(text)")
    }

    @Test(arguments: [
        (PlaceFixture.rule(averaging: Averaging(mode: .sliding, seconds: 3600)), "average 1 h · limit 65"),
        (PlaceFixture.rule(averaging: Averaging(mode: .window)), "average since the limit holds · limit 65"),
        (PlaceFixture.rule(.lp, tenths: 655), "level · limit 65.5"),
        (PlaceFixture.rule(.lmax, tenths: 900), "maximum · limit 90"),
        (PlaceFixture.rule(.ln1), "LN1 · limit 65"),
    ] as [(AlertRule, String)])
    func `names what its number is`(rule: AlertRule, text: String) {
        let place = PlaceFixture(rule: rule, decibels: 60)
        #expect(place.tile.caption == text)
        #expect(place.tile.level == (rule.metric == .lp ? "" : "now 64.8"))
    }

    @Test func `below a limit from below says so`() {
        let place = PlaceFixture(
            rule: PlaceFixture.rule(.lp, .below, tenths: 300), decibels: 25, activeSince: since)
        #expect(place.tile.word == "Below limit")
        #expect(place.tile.note == "Below the limit since 22:41")
    }

    @Test func `of a limit that does not hold now says so`() {
        let place = PlaceFixture(rule: PlaceFixture.rule(), isInForce: false, decibels: 70)
        #expect(place.tile.look == .live)
        #expect(place.tile.note == "The limit does not hold now")
    }

    @Test(arguments: [
        (PlaceFixture(age: 240_000), ["delayed", "Delayed", "4 min ago", "64.8", "No data since 22:41"]),
        (
            PlaceFixture(age: 3_600_000),
            ["delayed", "No readings since 21:45", "", "64.8", "No data since 21:45"]
        ),
        (
            PlaceFixture(age: 240_000, fault: .upstreamDown),
            ["delayed", "Delayed", "4 min ago", "64.8", "No data since 22:41"]
        ),
        (
            PlaceFixture(age: nil, fault: .unreachable),
            ["delayed", "Meter not reachable", "", "–", "No data yet"]
        ),
        (
            PlaceFixture(isMeasuring: false),
            ["idle", "Stopped", "", "–", "Last measured before 22:45"]
        ),
        (PlaceFixture(age: nil), ["idle", "Waiting", "", "–", "Waiting for the first reading"]),
        (
            PlaceFixture(hasUnit: false),
            ["idle", "No meter", "", "–", "No meter here at present; history stays"]
        ),
    ] as [(PlaceFixture, [String])])
    func `has a word for everything that can be wrong`(place: PlaceFixture, expected: [String]) {
        let tile = place.tile
        #expect([tile.look.rawValue, tile.word, tile.age, tile.value, tile.note] == expected)
    }

    @Test func `whose breach lost its data does not look live`() {
        let place = PlaceFixture(
            age: 120_000, rule: PlaceFixture.rule(), decibels: 66.9, activeSince: since)
        #expect(
            words(place) == [
                "delayed", "Delayed", "2 min ago", "66.9", "average 15 min · limit 65", "last 64.8",
                "Above the limit at 22:41; no data since 22:43",
            ])
    }

    @Test func `is sorted by what needs a look, then by name`() {
        let breach = PlaceFixture(rule: PlaceFixture.rule(), activeSince: since)
        var lostBreach = breach
        lostBreach.age = 240_000
        let ranks = [
            breach, lostBreach, PlaceFixture(age: 240_000), PlaceFixture(),
            PlaceFixture(isMeasuring: false), PlaceFixture(age: nil), PlaceFixture(hasUnit: false),
        ].map(\.tile.rank)
        #expect(ranks == [0, 0, 1, 2, 3, 4, 5])
    }
}

@Suite struct `An overview` {
    private func overview(_ places: [PlaceFixture], _ style: OverviewView.Style? = nil) -> OverviewView {
        OverviewView(
            PortalOverview(
                now: PlaceFixture.now, client: Client(id: "c", name: "Alpha Homes"),
                session: PortalSession(
                    id: 1, link: 1, scope: ClientScope(client: "c"), began: PlaceFixture.now,
                    lastUsed: PlaceFixture.now),
                places: places.map(\.summary)),
            style: style)
    }

    private func names(_ view: OverviewView) -> [[String]] {
        (view.context["groups"] as! [[String: Any]]).map {
            ($0["tiles"] as! [[String: Any]]).map { $0["name"] as! String }
        }
    }

    @Test func `puts what needs a look first, within each project`() {
        let view = overview([
            PlaceFixture(id: "1", name: "Crane"), PlaceFixture(id: "2", name: "Alley"),
            PlaceFixture(id: "3", name: "Quay", rule: PlaceFixture.rule(), activeSince: since),
            PlaceFixture(id: "4", name: "Roof", isMeasuring: false),
            PlaceFixture(id: "5", name: "Bank", age: 240_000),
            PlaceFixture(id: "6", name: "Mill", project: "Airport", zone: "America/New_York"),
        ])
        #expect(names(view) == [["Mill"], ["Quay", "Bank", "Alley", "Crane", "Roof"]])
        #expect(view.context["subject"] as? String == "2 projects · 6 locations")
        #expect(view.zoneText == "", "they have two")
        let counts = (view.context["counts"] as! [[String: Any]]).filter { $0["hidden"] as? Bool == false }
        #expect(
            counts.map { "\($0["count"]!) \($0["group"]!) \($0["look"]!)" } == [
                "1 above limit above", "1 delayed delayed", "3 measuring live", "1 stopped idle",
            ])
    }

    @Test(arguments: [
        (49, nil, false), (50, nil, true), (50, .tiles, false), (1, .table, true),
    ] as [(Int, OverviewView.Style?, Bool)])
    func `is a table for many, or when asked`(count: Int, style: OverviewView.Style?, isTable: Bool) {
        let places = (0..<count).map { PlaceFixture(id: "\($0)") }
        #expect(overview(places, style).context["is_table"] as? Bool == isTable)
    }

    @Test func `tells of a meter service that does not answer`() {
        let fine = PlaceFixture(id: "1")
        let lost = PlaceFixture(id: "2", age: 240_000, fault: .upstreamDown)
        #expect(overview([fine]).context["is_down"] as? Bool == false)
        #expect(overview([fine, lost]).context["known"] as? String == "22:41")
    }

    @Test func `without a location has nothing to show`() {
        #expect(overview([]).context["is_empty"] as? Bool == true)
        #expect(overview([]).context["plan"] == nil)
    }

    @Test func `lists what is not on the plan`() {
        let view = overview([
            PlaceFixture(id: "1", latitude: 51.5, longitude: -0.02), PlaceFixture(id: "2", name: "Quay"),
        ])
        let unplaced = view.context["unplaced"] as! [[String: String]]
        #expect(unplaced.map { $0["name"] } == ["Quay"])
        let plan = view.context["plan"] as! [String: Any]
        #expect((plan["markers"] as! [[String: Any]]).count == 1)
    }
}

@Suite struct `A street map` {
    @Test(arguments: [
        ("https://tiles.example.org/{z}/{x}/{y}.png", "https://tiles.example.org"),
        ("http://127.0.0.1:8090/a/{z}/{x}/{y}", "http://127.0.0.1:8090"),
    ])
    func `is fetched from its own server only`(tiles: String, origin: String) {
        let map = StreetMap(tiles: tiles, attribution: "us")
        #expect(map.origin == origin)
        var policy = AnswerPolicy(isSecure: false)
        policy.imageOrigin = map.origin
        var fields = HTTPFields()
        policy.complete(&fields, requestID: "1")
        let text = fields[.contentSecurityPolicy] ?? ""
        #expect(text.contains("img-src 'self' data: \(origin);") && text.contains("default-src 'self';"))
    }

    @Test func `is off unless somebody sets it up`() {
        var fields = HTTPFields()
        AnswerPolicy(isSecure: false).complete(&fields, requestID: "1")
        #expect(fields[.contentSecurityPolicy]?.contains("img-src 'self' data:;") == true)
    }
}
