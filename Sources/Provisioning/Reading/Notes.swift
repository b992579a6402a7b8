//  Notes.swift · Provisioning
//
//  What is found wrong while a document is read, in the order in which it is found.

/// Collects what is wrong with a document.
final class Notes {
    struct Note {
        /// `units[3].id`; empty for the document itself.
        let place: String
        /// The rest of a sentence that begins with the place.
        let rest: String
    }

    /// The first ``limit``.
    private(set) var first: [Note] = []
    /// All of them.
    private(set) var count = 0
    let limit: Int

    init(limit: Int) { self.limit = limit }

    func add(_ place: String, _ rest: String) {
        count += 1
        if count <= limit { first.append(Note(place: place, rest: rest)) }
    }
}
