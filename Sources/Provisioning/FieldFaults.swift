//  FieldFaults.swift · Provisioning
//
//  One object as a program sends it: read as one in a file is, with mistakes by field.

/// What is wrong with an object, field by field.
package struct FieldFaults: Error, Equatable, Sendable {
    package struct Fault: Equatable, Sendable {
        /// Its path in the object: `averaging.seconds`.
        package let field: String
        /// A sentence without the field's name, with the remedy.
        package let message: String
    }
    /// Not empty.
    package let faults: [Fault]

    /// Reads one JSON object.
    ///
    /// - Throws: everything that is wrong at once, keys that nobody asked for among it.
    static func reading<Value>(
        _ json: some Sequence<UInt8>, _ read: (Entry) -> Value?
    ) throws(FieldFaults) -> Value {
        let node: Node
        do {
            node = try Node(json: Array(json))
        } catch {
            throw FieldFaults(
                faults: error.sentences.map { .init(field: "body", message: "is wrong: \($0)") })
        }
        // Bounded by the text.
        let notes = Notes(limit: .max)
        let entry = Entry(node, at: "", notes)
        let value = entry.flatMap(read)
        entry?.close()
        guard let value, notes.count == 0 else {
            throw FieldFaults(
                faults: notes.first.map {
                    .init(field: $0.place.isEmpty ? "body" : $0.place, message: $0.rest)
                })
        }
        return value
    }
}

extension Entry {
    /// The id that the object gives, which must not contradict the known one.
    ///
    /// - Returns: `nil` when neither says one.
    func id(of what: String, known: String?) -> String? {
        let given = optional("id", .identifier)
        if let known, let given, given != known {
            note("id", "is \"\(given)\", and the \(what)'s is \"\(known)\". Leave it out.")
        }
        return known ?? given
    }
}
