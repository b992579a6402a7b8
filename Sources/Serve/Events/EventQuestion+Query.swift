//  EventQuestion+Query.swift · Serve
//
//  What a request for events asks for, checked before anything is read.

import Monitoring

extension EventQuestion {
    /// - Throws: 400 for what cannot be read, 422 for what is out of range; both name it.
    init(_ query: QueryText, sites: Sites) throws(Problem) {
        self.init()
        let words = Status.allCases.map(\.rawValue)
        status = try query.word("status", of: words).flatMap(Status.init) ?? .all
        limit = Int(try query.integer("limit", in: 1...1000) ?? 100)
        let from = try query.time("from")
        let to = try query.time("to")
        if from != nil || to != nil {
            let start = from ?? Timestamp(milliseconds: .min)
            let end = to ?? Timestamp(milliseconds: .max)
            guard start < end, let range = TimeRange(start: start, end: end) else {
                throw .unprocessable("to", "must be after from")
            }
            self.range = range
        }
        if let name = try query.text("unit") {
            guard let unit = UnitID(name) else { throw .malformed("unit", UnitLookup.rule) }
            self.unit = unit
        }
        location = try query.known("location") { sites.locations[$0] != nil }
        project = try query.known("project") { sites.projects[$0] != nil }
        if let text = try query.text("cursor") {
            guard let cursor = Cursor(text) else {
                throw .malformed("cursor", "is not one that was answered")
            }
            self.cursor = cursor
        }
    }
}

extension QueryText {
    /// The value of `name`, an id of something that is there.
    fileprivate func known(
        _ name: String, _ isKnown: (String) -> Bool
    ) throws(Problem) -> String? {
        guard let text = try text(name).map({ String($0) }) else { return nil }
        guard isKnown(text) else { throw .unprocessable(name, "is not known") }
        return text
    }
}

extension EventQuestion.Cursor {
    /// `e1.<onset>.<id>`; opaque to clients, `e1` leaves room for another form.
    var text: String { "e1.\(onset.milliseconds).\(id)" }

    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "e1", let onset = Int64(parts[1]),
            let id = Int64(parts[2])
        else { return nil }
        self.init(onset: Timestamp(milliseconds: onset), id: id)
    }
}
