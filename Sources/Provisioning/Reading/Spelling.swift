//  Spelling.swift · Provisioning

/// Guesses what was meant.
enum Spelling {
    /// The one of `candidates` that is most like `word`: at most two slips, and fewer than half of
    /// its letters.
    static func nearest(to word: String, of candidates: Set<String>) -> String? {
        candidates.map { (slips: slips(from: word, to: $0), candidate: $0) }
            .filter { $0.slips <= 2 && 2 * $0.slips < $0.candidate.utf8.count }
            .min { $0 < $1 }?.candidate
    }

    /// How many letters were left out, put in, mistaken, or exchanged with their neighbour.
    ///
    /// Source: Damerau, "A technique for computer detection and correction of spelling errors",
    /// 1964; the restricted distance.
    static func slips(from word: String, to other: String) -> Int {
        let (a, b) = (Array(word.utf8), Array(other.utf8))
        // More than two are not asked for; so a very long word costs nothing.
        guard abs(a.count - b.count) <= 2 else { return .max }
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var least = min(rows[i][j] + (a[i] == b[j] ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    least = min(least, rows[i - 1][j - 1] + 1)
                }
                row.append(least)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
