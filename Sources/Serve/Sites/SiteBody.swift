//  SiteBody.swift · Serve
//
//  Clients, projects, locations and assignments in answers, with the keys of `provision`.

import Monitoring
import NIOCore

/// The answers about where is measured and for whom.
enum SiteBody {
    static func clients(_ sites: Sites) -> ByteBuffer {
        list("clients", sites.clients.values.sorted { $0.id < $1.id }) { client, text in
            text.key("id")
            text.string(client.id)
            text.key("name")
            text.string(client.name)
        }
    }

    static func projects(_ sites: Sites) -> ByteBuffer {
        list("projects", sites.projects.values.sorted { $0.id < $1.id }) { project, text in
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
    }

    /// With the unit that is there now.
    static func locations(_ sites: Sites, at now: Timestamp) -> ByteBuffer {
        let present = Dictionary(
            sites.assignments.filter { $0.holds(at: now) }.map { ($0.location, $0.unit) },
            uniquingKeysWith: { $1 })
        return list("locations", sites.locations.values.sorted { $0.id < $1.id }) { place, text in
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
            text.string(present[place.id]?.name)
        }
    }

    static func assignments(_ sites: Sites) -> ByteBuffer {
        list("assignments", sites.assignments) { assignment, text in
            text.key("location")
            text.string(assignment.location)
            text.key("unit")
            text.string(assignment.unit.name)
            text.key("from")
            text.time(assignment.from)
            text.key("to")
            text.time(assignment.to)
        }
    }

    private static func list<Value>(
        _ name: StaticString, _ values: [Value], _ write: (Value, inout JSONText) -> Void
    ) -> ByteBuffer {
        var text = JSONText(capacity: 32 + values.count * 200)
        text.beginObject()
        text.key(name)
        text.beginArray()
        for value in values {
            text.beginObject()
            write(value, &text)
            text.endObject()
        }
        text.endArray()
        text.endObject()
        return text.buffer
    }
}
