//  SiteText.swift · Provisioning
//
//  Clients, projects, locations and assignments as a program sends them, one at a time.

package import Monitoring

extension Client {
    /// Reads a client from a JSON object.
    ///
    /// - Parameters:
    ///   - known: as it is: what the object leaves out stays; `nil`: it is a new one.
    ///   - makeID: the id, of the name, when the object of a new one gives none.
    /// - Throws: everything that is wrong at once. So the others.
    package init(
        json: some Sequence<UInt8>, over known: Client? = nil, makeID: (String) -> String
    ) throws(FieldFaults) {
        self = try FieldFaults.reading(json) { entry in
            let id = entry.id(of: "client", known: known?.id) ?? makeID(entry.givenName)
            return Client(entry, id: id, over: known)
        }
    }
}

extension Project {
    package init(
        json: some Sequence<UInt8>, over known: Project? = nil, makeID: (String) -> String
    ) throws(FieldFaults) {
        self = try FieldFaults.reading(json) { entry in
            let id = entry.id(of: "project", known: known?.id) ?? makeID(entry.givenName)
            return Project(entry, id: id, over: known)
        }
    }
}

extension Location {
    package init(
        json: some Sequence<UInt8>, over known: Location? = nil, makeID: (String) -> String
    ) throws(FieldFaults) {
        self = try FieldFaults.reading(json) { entry in
            let id = entry.id(of: "location", known: known?.id) ?? makeID(entry.givenName)
            return Location(entry, id: id, over: known)
        }
    }
}

/// A unit that is to stand at a location.
package struct AssignmentRequest: Sendable {
    package let assignment: Assignment
    /// What else is to end when it begins.
    package let ending: Sites.Ending

    /// - Parameter now: its beginning, if the object leaves that out.
    package init(json: some Sequence<UInt8>, at now: Timestamp) throws(FieldFaults) {
        self = try FieldFaults.reading(json) { entry in
            let move = entry.optional("move", .flag) ?? false
            let replace = entry.optional("replace", .flag) ?? false
            return Assignment(entry, startingAt: now).map {
                AssignmentRequest($0, Sites.Ending(ofUnit: move, atLocation: replace))
            }
        }
    }

    private init(_ assignment: Assignment, _ ending: Sites.Ending) {
        self.assignment = assignment
        self.ending = ending
    }
}

extension Assignment {
    /// An assignment with the end that a JSON object says: its `to`, and nothing else.
    package init(json: some Sequence<UInt8>, over known: Assignment) throws(FieldFaults) {
        self = try FieldFaults.reading(json) { entry in
            if !entry.has("to") { entry.note("to", "is missing. Give \(Form.time.remedy), or null.") }
            var assignment = known
            assignment.to = entry.end(of: known.from)
            return assignment
        }
    }
}

extension Entry {
    /// What ids are made of.
    fileprivate var givenName: String { peek("name", .label) ?? "" }
}
