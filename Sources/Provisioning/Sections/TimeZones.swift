//  TimeZones.swift · Provisioning

import Foundation

extension Form<String> {
    /// A name of the time zone database. Not an abbreviation, which several zones share.
    static let timeZone = text("a name of the time zone database, like Europe/London") { name in
        name == "UTC" || name.contains("/") && TimeZone(identifier: name) != nil
    }
}
