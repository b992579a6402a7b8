//  EventPlaces.swift · Serve
//
//  Where events were, by name, and what clocks showed there.

import Monitoring

/// Where an event was, and its clock.
struct EventPlace {
    /// Of the location, or of the unit that was nowhere, or of the meter service.
    let name: String
    /// The project's name and the unit, as far as they say more than ``name``.
    let around: [String]
    let zone: String
    let clock: ZoneClock

    /// The clock's `22:41` and so on are those of UTC at this time.
    func local(_ time: Timestamp) -> Timestamp {
        time.advanced(byMilliseconds: clock.offset(at: time.milliseconds))
    }

    /// `23:50:12`
    func clock(_ time: Timestamp) -> String {
        String(local(time).description.dropFirst(11).prefix(8))
    }

    /// `22:41 today`, `23:50 yesterday`, else as `PageText.since`.
    func began(_ time: Timestamp, now: Timestamp) -> String {
        func day(_ time: Timestamp) -> Int64 {
            floorDivide(local(time).milliseconds, by: Dwell.dayMilliseconds)
        }
        let text = clock(time).prefix(5)
        return switch day(now) - day(time) {
        case 0: "\(text) today"
        case 1: "\(text) yesterday"
        default: PageText.since(local(time), now: local(now))
        }
    }

    /// `23 Nov 2026`
    func date(_ time: Timestamp) -> String {
        let day = floorDivide(local(time).milliseconds, by: Dwell.dayMilliseconds)
        let date = Timestamp.civil(fromDays: day)
        return "\(date.day) \(PageText.months[Int(date.month) - 1]) \(date.year)"
    }
}

/// Places by location; a zone's clock is made once.
struct EventPlaces {
    private let sites: Sites
    private let clocks: [String: ZoneClock]

    init(_ sites: Sites) {
        self.sites = sites
        clocks = Dictionary(
            Set(sites.projects.values.map(\.timeZone)).compactMap { name in
                ZoneClock(name: name).map { (name, $0) }
            }, uniquingKeysWith: { $1 })
    }

    func place(of event: SoundEvent) -> EventPlace {
        let location = event.location.flatMap { sites.locations[$0] }
        let project = location.flatMap { sites.projects[$0.project] }
        let clock = project.flatMap { clocks[$0.timeZone] }
        let unit = event.unit?.name
        return EventPlace(
            name: location?.name ?? event.location ?? unit ?? event.upstream ?? "",
            around: [project?.name, event.location == nil ? nil : unit].compactMap(\.self),
            zone: clock == nil ? "UTC" : project?.timeZone ?? "UTC", clock: clock ?? .utc)
    }
}
