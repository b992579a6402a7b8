//  RuleText.swift · Provisioning
//
//  A rule as a program sends it: read as one in a file is, with mistakes by field.

package import Monitoring

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
}

extension AlertRule {
    /// Reads a rule from a JSON object.
    ///
    /// - Parameters:
    ///   - id: the rule's; `nil`: as the object says, or what `makeID` answers.
    ///   - site: where the rule is; the object need not say it, and must not contradict.
    ///   - known: the rule as it is: what the object leaves out stays.
    ///     Its ``version`` is the one that the object gives, or that of `known`.
    /// - Throws: everything that is wrong at once.
    package init(
        json: some Sequence<UInt8>, id: String? = nil, makeID: () -> String, site: Site,
        over known: AlertRule? = nil
    ) throws(FieldFaults) {
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
        let given = entry?.optional("id", .identifier)
        if let id, let given, given != id {
            entry?.note("id", "is \"\(given)\", and the rule's is \"\(id)\". Leave it out.")
        }
        let rule = entry.flatMap {
            AlertRule($0, id: id ?? given ?? makeID(), site: site, over: known)
        }
        entry?.close()
        guard let rule, notes.count == 0 else {
            throw FieldFaults(
                faults: notes.first.map {
                    .init(field: $0.place.isEmpty ? "body" : $0.place, message: $0.rest)
                })
        }
        self = rule
    }
}
