//  Problems.swift · Provisioning

/// What is wrong with a file, as sentences that name the place, the value and the remedy.
package struct ProvisionProblems: Error, Equatable, Sendable {
    /// The first ``limit``.
    package private(set) var sentences: [String] = []
    /// All of them.
    package private(set) var count = 0

    package static let limit = 20

    init() {}

    /// - Parameter document: what sentences about the document itself begin with.
    init(_ notes: Notes, of document: String) {
        sentences = notes.first.prefix(ProvisionProblems.limit).map {
            "\($0.place.isEmpty ? document : $0.place) \($0.rest)"
        }
        count = notes.count
    }

    mutating func note(_ sentence: String) {
        count += 1
        if count <= ProvisionProblems.limit { sentences.append(sentence) }
    }
}
