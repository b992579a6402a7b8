//  SiteBody.swift · Serve
//
//  Clients, projects, locations and assignments in answers, with the keys of `provision`. One that
//  is asked for alone has its parts with it.

import Monitoring
import NIOCore

/// The answers about where is measured and for whom.
enum SiteBody {
    // MARK: - Lists

    static func clients(_ sites: Sites) -> ByteBuffer {
        object { text in
            list("clients", sites.clients.values.sorted { $0.id < $1.id }, into: &text, write)
        }
    }

    static func projects(_ sites: Sites) -> ByteBuffer {
        object { text in
            list("projects", sites.projects.values.sorted { $0.id < $1.id }, into: &text, write)
        }
    }

    /// With the unit that is there now.
    static func locations(_ sites: Sites, at now: Timestamp) -> ByteBuffer {
        object { text in
            locations(sites.locations.values.sorted { $0.id < $1.id }, of: sites, now, into: &text)
        }
    }

    static func assignments(_ assignments: [Assignment]) -> ByteBuffer {
        object { text in list("assignments", assignments, into: &text, write) }
    }

    // MARK: - One

    /// With the client's projects.
    static func client(_ client: Client, of sites: Sites) -> ByteBuffer {
        object { text in
            write(client, into: &text)
            list("projects", sites.projects(of: client.id), into: &text, write)
        }
    }

    /// With the project's locations.
    static func project(_ project: Project, of sites: Sites, at now: Timestamp) -> ByteBuffer {
        object { text in
            write(project, into: &text)
            locations(sites.locations(of: project.id), of: sites, now, into: &text)
        }
    }

    /// With its assignments, oldest first.
    static func location(_ location: Location, of sites: Sites, at now: Timestamp) -> ByteBuffer {
        object { text in
            write(location, sites.unit(at: location.id, now), into: &text)
            list("assignments", sites.assignments(of: location.id), into: &text, write)
        }
    }

    static func assignment(_ assignment: Assignment) -> ByteBuffer {
        object { text in write(assignment, into: &text) }
    }

    // MARK: - Keys

    private static func write(_ client: Client, into text: inout JSONText) {
        text.key("id")
        text.string(client.id)
        text.key("name")
        text.string(client.name)
    }

    private static func write(_ project: Project, into text: inout JSONText) {
        text.key("id")
        text.string(project.id)
        text.key("name")
        text.string(project.name)
        text.key("client")
        text.string(project.client)
        text.key("status")
        text.string(project.status.rawValue)
        text.key("time_zone")
        text.string(project.timeZone)
        text.key("monitoring_hours")
        RuleBody.write(project.monitoringHours, into: &text)
    }

    private static func write(_ place: Location, _ unit: UnitID?, into text: inout JSONText) {
        text.key("id")
        text.string(place.id)
        text.key("project")
        text.string(place.project)
        text.key("name")
        text.string(place.name)
        text.key("kind")
        text.string(place.kind.rawValue)
        text.key("status")
        text.string(place.status.rawValue)
        text.key("latitude")
        text.number(place.latitude)
        text.key("longitude")
        text.number(place.longitude)
        text.key("unit")
        text.string(unit?.name)
    }

    private static func write(_ assignment: Assignment, into text: inout JSONText) {
        text.key("location")
        text.string(assignment.location)
        text.key("unit")
        text.string(assignment.unit.name)
        text.key("from")
        text.time(assignment.from)
        text.key("to")
        text.time(assignment.to)
    }

    private static func locations(
        _ locations: [Location], of sites: Sites, _ now: Timestamp, into text: inout JSONText
    ) {
        let present = sites.unitsByLocation(at: now)
        list("locations", locations, into: &text) { place, text in
            write(place, present[place.id], into: &text)
        }
    }

    private static func object(_ body: (inout JSONText) -> Void) -> ByteBuffer {
        var text = JSONText(capacity: 1024)
        text.beginObject()
        body(&text)
        text.endObject()
        return text.buffer
    }

    private static func list<Value>(
        _ name: StaticString, _ values: [Value], into text: inout JSONText,
        _ write: (Value, inout JSONText) -> Void
    ) {
        text.key(name)
        text.beginArray()
        for value in values {
            text.beginObject()
            write(value, &text)
            text.endObject()
        }
        text.endArray()
    }
}
