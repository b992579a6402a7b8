//  ZoneOffset.swift · Notify

import Foundation
import Monitoring

/// Offsets of time zones from UTC.
enum ZoneOffset {
    /// - Parameter name: an IANA name; one that is none counts as UTC.
    static func of(_ name: String) -> LocalOffset {
        guard let zone = TimeZone(identifier: name) else { return { _ in 0 } }
        return { time in
            let date = Date(timeIntervalSince1970: Double(time.milliseconds) / 1000)
            return Int64(zone.secondsFromGMT(for: date)) * 1000
        }
    }
}
