//  ZoneClock.swift · Monitoring
//
//  What a clock on the wall of a time zone shows: for days, weeks and schedules of people.

import Foundation

/// A time zone's offset from UTC by instant; what calendars and schedules ask of it.
package protocol LocalClock: Sendable {
    /// Local time minus UTC at `time` (Unix milliseconds), in milliseconds.
    func offset(at time: Int64) -> Int64
    /// The offset never changes.
    var isFixed: Bool { get }
}

/// The clock of an IANA time zone.
package struct ZoneClock: LocalClock {
    private let zone: TimeZone
    package let isFixed: Bool

    package static let utc = ZoneClock(name: "UTC")!

    /// - Parameter name: an IANA name, `Europe/London`; `nil` when there is no such zone.
    package init?(name: String) {
        guard name.utf8.count <= 64, name == "UTC" || name.contains("/"),
            let zone = TimeZone(identifier: name)
        else { return nil }
        self.zone = zone
        isFixed = name == "UTC" || name == "Etc/UTC"
    }

    package func offset(at time: Int64) -> Int64 {
        if isFixed { return 0 }
        let date = Date(timeIntervalSince1970: Double(time) / 1000)
        return Int64(zone.secondsFromGMT(for: date)) * 1000
    }
}
