//  PlaceFixture.swift · ServeTests

import Monitoring
import Support

@testable import Serve

/// A place at a glance, made of what a test says.
struct PlaceFixture {
    static let now = Timestamp("2026-11-24T22:45:10Z")
    static let laneStart = Timestamp("2026-11-23T23:00:00Z")

    var id = "loc-a1"
    var name = "North gate"
    var project = "Harbour Quarter"
    var zone = "Europe/London"
    var latitude: Double?
    var longitude: Double?
    /// `nil`: no unit stands there.
    var age: Int64? = 1000
    var lp: Int16? = 648
    var isMeasuring = true
    var hasUnit = true
    var fault: FeedReport.Fault?
    var rule: AlertRule?
    var isInForce = true
    var decibels: Double?
    var activeSince: Timestamp?
    var means = Array<Double?>(repeating: 50, count: Lane.count)
    var above: [(start: Timestamp, end: Timestamp?)] = []

    static func rule(
        _ metric: RuleMetric = .laeq, averaging: Averaging? = nil,
        _ comparison: AlertRule.Comparison = .above, tenths: Int16 = 650
    ) -> AlertRule {
        AlertRule(
            id: "r1", site: .location("loc-a1"), name: "Night noise", metric: metric,
            averaging: averaging, comparison: comparison, thresholdTenths: tenths)
    }

    var summary: PlaceSummary {
        let unit: UnitID = "a"
        let owned = OwnedLocation(
            location: Location(
                id: id, project: project, name: name, latitude: latitude, longitude: longitude),
            project: Project(id: project, name: project, client: "c", timeZone: zone))
        let sites = Sites(
            assignments: hasUnit
                ? [Assignment(location: id, unit: unit, from: Timestamp(milliseconds: 0))] : [])
        let place = Place(owned, in: sites, units: [], at: Self.now)
        let newest = age.map { age in
            Frame(
                unit: unit, time: Self.now.advanced(byMilliseconds: -age),
                levels: Levels(lp: lp), state: isMeasuring ? .measuring : [])
        }
        let live = LiveState(
            newest: newest,
            feed: FeedReport(cadenceMilliseconds: 1000, fault: fault, since: Self.laneStart))
        return PlaceSummary(
            state: PlaceState(place, live, at: Self.now), active: [],
            limit: rule.map {
                PlaceLimit(
                    rule: $0, isInForce: isInForce, decibels: decibels, activeSince: activeSince)
            },
            lane: Lane(from: Self.laneStart, means: means, above: above))
    }

    var tile: PlaceTile { PlaceTile(summary, now: Self.now) }
}

extension Levels {
    fileprivate init(lp: Int16?) {
        self.init()
        self[.lp] = lp.map { Level(tenths: $0) }
    }
}
