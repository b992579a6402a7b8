//  Entry.swift · Provisioning
//
//  One object of the file, read key by key. What is wrong is noted with its place, and reading goes
//  on, so that a person hears of everything at once. A key that nobody asked for is not known.

/// An object of the file.
final class Entry {
    /// `units[3]`; empty for the document itself.
    let place: String
    /// What is wrong with the whole document, so far.
    let notes: Notes
    private let members: [String: Node]
    private var asked: Set<String> = []

    /// Notes it when `node` is no object.
    init?(_ node: Node, at place: String, _ notes: Notes) {
        guard case .members(let members) = node else {
            notes.add(place, "is \(node). Give an object, {…}.")
            return nil
        }
        self.place = place
        self.notes = notes
        self.members = members
    }

    /// Where the value of `key` stands.
    func place(of key: String) -> String { place.isEmpty ? key : "\(place).\(key)" }

    func note(_ key: String, _ rest: String) { notes.add(place(of: key), rest) }

    /// Whether there is anything at `key`, null too.
    func has(_ key: String) -> Bool { members[key] != nil }

    /// Whether there is a value at `key`, other than null.
    func gives(_ key: String) -> Bool { members[key].map { $0 != .null } ?? false }

    /// The value of a key that another one depends on; it is asked for again, and judged then.
    func peek<Value>(_ key: String, _ form: Form<Value>) -> Value? {
        members[key].flatMap(form.read)
    }

    /// The value of a key that must be there.
    func required<Value>(_ key: String, _ form: Form<Value>) -> Value? {
        guard let node = take(key) else {
            note(key, "is missing. Give \(form.remedy).")
            return nil
        }
        return read(key, node, form)
    }

    /// The value of a key that may be left out or null.
    func optional<Value>(_ key: String, _ form: Form<Value>) -> Value? {
        guard let node = take(key), node != .null else { return nil }
        return read(key, node, form)
    }

    /// What a key says about something that may be there already: `nil` when it says nothing, and
    /// `.some(nil)` for null, which takes the value away.
    func change<Value>(_ key: String, _ form: Form<Value>) -> Value?? {
        guard let node = take(key) else { return nil }
        guard node != .null else { return .some(nil) }
        return read(key, node, form).map { .some($0) }
    }

    /// The object at `key`, or `nil`.
    func entry(_ key: String) -> Entry? {
        guard let node = take(key), node != .null else { return nil }
        return Entry(node, at: place(of: key), notes)
    }

    /// The objects of the list at `key`; none when it is left out.
    func entries(_ key: String) -> [Entry] {
        guard let node = take(key) else { return [] }
        guard case .list(let nodes) = node else {
            note(key, "is \(node). Give a list of objects, [{…}].")
            return []
        }
        return nodes.enumerated().compactMap {
            Entry($1, at: "\(place(of: key))[\($0)]", notes)
        }
    }

    /// Notes the keys that nobody asked for. To be called last.
    func close() {
        for key in members.keys.sorted() where !asked.contains(key) {
            if let meant = Spelling.nearest(to: key, of: asked) {
                note(key, "is not known; did you mean \(meant)?")
            } else {
                note(key, "is not known. Known here: \(asked.sorted().joined(separator: ", ")).")
            }
        }
    }

    private func take(_ key: String) -> Node? {
        asked.insert(key)
        return members[key]
    }

    private func read<Value>(_ key: String, _ node: Node, _ form: Form<Value>) -> Value? {
        guard let value = form.read(node) else {
            note(key, form.isSecret ? "cannot be used. Give \(form.remedy)."
                : "is \(node). Give \(form.remedy).")
            return nil
        }
        return value
    }
}
