//  DemoSite.swift · earshot
//
//  What the demo is about: a building site by the harbour, and a quarry of somebody else.
//
//      NL43-0001  North gate        night and working hours
//      NL43-0002  Quay wall         above its limit now
//      NL43-0003  Crane yard        gaps in its past
//      NL43-0004  School Lane 12
//      NL43-0005  Chapel Court      its readings are delayed
//      NL43-0006  South terrace     somebody stopped its meter
//      NL43-0007  Farm house        of the quarry

import Monitoring
import Provisioning
import Simulator
import Store

/// Two clients, their projects, locations and limits.
struct DemoSite {
    /// Whose way in is printed.
    static let client = "harbour-homes"
    static let reviewer = "Kim Adams"
    /// How many meters it takes.
    static let unitCount = 7

    let now: Timestamp
    /// Of history.
    let days: Int

    /// What goes wrong with its meters, a while after the start, so that all of them have been seen.
    static let faults = [
        Fault(.garbledLevels, of: .unit("NL43-0005"), from: .seconds(8)),
        Fault(.stopped, of: .unit("NL43-0006"), from: .seconds(2)),
    ]

    /// Configures it where it is not: what people changed in it stays.
    func provision(in registry: SQLiteRegistry) async throws {
        let file = try ProvisionFile(json: Array(text.utf8))
        try await registry.configure { roster, sites in
            guard sites.clients[DemoSite.client] == nil else { return }
            let secrets = LinkSecrets(now: now, fresh: [], sha256: { Array($0.utf8) })
            sites = try ProvisionPlan(file, over: roster, sites, secrets: secrets).sites
        }
    }

    static func midnight(of time: Timestamp) -> Timestamp {
        Timestamp(milliseconds: time.milliseconds / 86_400_000 * 86_400_000)
    }

    /// The parts of a day in which a unit measured.
    ///
    /// - Parameter age: days before the day of now.
    static func measured(_ day: TimeRange, age: Int64, unit: Int) -> [TimeRange] {
        // Hours of that day: a battery that was empty, a modem that was moved, a cable.
        let gaps: [Int64: (Double, Double)] = [3: (1.2, 5.85), 6: (13, 13.35), 10: (4, 18)]
        guard unit == 2, let (from, to) = gaps[age] else { return [day] }
        func time(_ hours: Double) -> Timestamp {
            day.start.advanced(byMilliseconds: Int64(hours * 3_600_000))
        }
        return [
            TimeRange(start: day.start, end: time(from)), TimeRange(start: time(to), end: day.end),
        ].compactMap(\.self)
    }

    /// What the reviewer said about a breach.
    static func words(
        about event: SoundEvent
    ) -> (comment: String?, acknowledgement: String?) {
        switch event.rule?.id {
        case "north-night": ("Concrete pour that ran late. Site told at once.", "Agreed with the council.")
        case "quay-lp": (nil, "Sheet piling; crew changed to the vibratory hammer.")
        case "crane-day": ("Demolition of the old office, all day.", "Announced to the residents.")
        case "school-night": ("Street sweeper, not ours: see the recording.", nil)
        default: (nil, "")
        }
    }

    private var text: String {
        let from = DemoSite.midnight(of: now).advanced(byMilliseconds: -Int64(days) * 86_400_000)
        let night = #""schedule": {"start": "22:00", "end": "07:00"}"#
        let quarter = #""averaging": {"mode": "clock", "seconds": 900}"#
        let work = #"{"start": "08:00", "end": "18:00", "days": ["mon", "tue", "wed", "thu", "fri", "sat"]}"#
        let places = DemoSite.locations.map { place in
            """
            {"id": "\(place.id)", "project": "\(place.project)", "name": "\(place.name)",
             "latitude": \(place.latitude), "longitude": \(place.longitude)}
            """
        }
        let assignments = DemoSite.locations.enumerated().map { index, place in
            #"{"location": "\#(place.id)", "unit": "NL43-000\#(index + 1)", "from": "\#(from)"}"#
        }
        return """
            {"clients": [{"id": "\(DemoSite.client)", "name": "Harbour Homes"},
                         {"id": "millbrook", "name": "Millbrook Aggregates"}],
             "projects": [{"id": "harbour-quarter", "name": "Harbour Quarter",
                           "client": "\(DemoSite.client)", "time_zone": "Europe/London",
                           "monitoring_hours": \(work)},
                          {"id": "millbrook-quarry", "name": "Millbrook Quarry",
                           "client": "millbrook", "time_zone": "Europe/London"}],
             "locations": [\(places.joined(separator: ", "))],
             "assignments": [\(assignments.joined(separator: ", "))],
             "rules": [
               {"id": "north-night", "location": "north-gate", "name": "Night noise",
                "threshold_db": 60, \(quarter), \(night)},
               {"id": "north-day", "location": "north-gate", "name": "Working hours",
                "threshold_db": 70, "averaging": {"mode": "window"}, "schedule": \(work)},
               {"id": "quay-lp", "location": "quay-wall", "name": "Loud at once", "metric": "lp",
                "threshold_db": 80, "duration_s": 10, "clear_margin_db": 4},
               {"id": "crane-day", "location": "crane-yard", "name": "Working hours",
                "threshold_db": 70, "averaging": {"mode": "window"}, "schedule": \(work)},
               {"id": "crane-early", "location": "crane-yard", "name": "Early warning, ours",
                "threshold_db": 72, "averaging": {"mode": "sliding", "seconds": 300},
                "clear_margin_db": 4, "cooldown_s": 3600, "visible_to_client": false},
               {"id": "school-night", "location": "school-lane", "name": "Night noise",
                "threshold_db": 60, \(quarter), \(night)},
               {"id": "chapel-night", "location": "chapel-court", "name": "Night noise",
                "threshold_db": 60, \(quarter), \(night)},
               {"id": "terrace-night", "location": "south-terrace", "name": "Night noise",
                "threshold_db": 60, \(quarter), \(night)},
               {"id": "farm-day", "location": "farm-house", "name": "Working hours",
                "threshold_db": 65, "averaging": {"mode": "clock", "seconds": 3600},
                "schedule": \(work)}]}
            """
    }

    private struct Place {
        let id: String
        let name: String
        let latitude: Double
        let longitude: Double
        var project = "harbour-quarter"
    }

    /// In the order of their units.
    private static let locations = [
        Place(id: "north-gate", name: "North gate", latitude: 51.50472, longitude: -0.01863),
        Place(id: "quay-wall", name: "Quay wall", latitude: 51.50315, longitude: -0.02208),
        Place(id: "crane-yard", name: "Crane yard", latitude: 51.50338, longitude: -0.01902),
        Place(id: "school-lane", name: "School Lane 12", latitude: 51.50391, longitude: -0.01547),
        Place(id: "chapel-court", name: "Chapel Court", latitude: 51.50204, longitude: -0.01621),
        Place(id: "south-terrace", name: "South terrace", latitude: 51.50146, longitude: -0.01954),
        Place(
            id: "farm-house", name: "Farm house", latitude: 51.22871, longitude: -2.51306,
            project: "millbrook-quarry"),
    ]
}
