//  TextTable.swift · earshot

/// Rows in columns, for people.
struct TextTable {
    private var rows: [[String]]

    init(_ heading: [String]) { rows = [heading] }

    /// - Parameter row: as many texts as the heading has.
    mutating func add(_ row: [String]) { rows.append(row) }

    /// Writes to standard output. Columns are as wide as their widest text and two blanks.
    func print() {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
        for row in rows {
            let cells = zip(row, widths).map { text, width in
                text + String(repeating: " ", count: width - text.count)
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            Output.line(line)
        }
    }
}
