//  Section.swift · Provisioning

/// One list of the file.
package struct Section<Value: Sendable>: Sendable {
    /// A value and where it stands.
    struct Item: Sendable {
        let place: String
        let value: Value
    }

    /// Those that could be read.
    private(set) var items: [Item] = []
    /// The ids that the file gives and their places, also of what could not be read: one mistake
    /// in an entry is not told again at all that refer to it.
    private(set) var places: [String: String] = [:]
    /// How many entries there are.
    private(set) var count = 0

    init() {}

    /// Reads entries that have an id.
    init(
        _ entries: [Entry], id form: Form<String> = .identifier,
        _ read: (_ entry: Entry, _ id: String) -> Value?
    ) {
        count = entries.count
        for entry in entries {
            let id = entry.required("id", form)
            if let id, let first = places[id] {
                entry.note("id", "is \"\(id)\", as that of \(first). Give each id once.")
            } else if let id {
                places[id] = entry.place
            }
            // Without an id too, to hear of all that is wrong.
            add(read(entry, id ?? ""), from: entry, isGood: id != nil)
        }
    }

    /// Reads entries that have none.
    init(_ entries: [Entry], _ read: (Entry) -> Value?) {
        count = entries.count
        for entry in entries { add(read(entry), from: entry, isGood: true) }
    }

    private mutating func add(_ value: Value?, from entry: Entry, isGood: Bool) {
        entry.close()
        if let value, isGood { items.append(Item(place: entry.place, value: value)) }
    }
}
