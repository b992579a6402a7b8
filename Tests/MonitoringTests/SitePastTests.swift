//  SitePastTests.swift · MonitoringTests

import Monitoring
import Testing

@Suite struct `The past of a unit` {
    // One column is an hour: g at the gate, y at the yard, x at a place whose project has ended,
    // . nowhere. Of the hours asked for, the number of the stretch in which its own rules held.
    @Test(arguments: [
        ("........", 0..<8, "11111111"), ("gg..yy..", 0..<8, "--11--22"),
        ("gggggggg", 0..<8, "--------"), ("ggyy....", 0..<8, "----1111"),
        // Before and after what is asked for.
        ("gg....gg", 2..<6, "--1111--"), ("gg....gg", 3..<5, "---11---"),
        ("ggg..ggg", 1..<7, "---11---"), ("......gg", 0..<6, "111111--"),
        // Not in use: as if it were nowhere.
        ("xxxxxxxx", 0..<8, "11111111"), ("ggxxxx..", 0..<8, "--111111"),
        ("xxggxx..", 0..<8, "11--2222"),
        // From some time on until now.
        ("....gggG", 0..<8, "1111----"), (".......G", 0..<6, "111111--"),
        ("....xxxX", 0..<8, "11111111"),
    ])
    func `is where no location had it`(hours: String, asked: Range<Int>, drawn: String) {
        let sites = Sites(
            projects: [
                "p": Project(id: "p", name: "P", client: "c", timeZone: "UTC"),
                "q": Project(id: "q", name: "Q", client: "c", status: .archived, timeZone: "UTC"),
            ],
            locations: [
                "g": Location(id: "g", project: "p", name: "Gate"),
                "y": Location(id: "y", project: "p", name: "Yard"),
                "x": Location(id: "x", project: "q", name: "Old"),
            ],
            assignments: assignments(hours))
        let range = TimeRange(start: hour(asked.lowerBound), end: hour(asked.upperBound))!
        let stretches = sites.past(of: .unit(unit), in: range)
        var columns = Array(repeating: Character("-"), count: hours.count)
        for (index, stretch) in stretches.enumerated() {
            #expect(stretch.plan == MonitoringPlan(unit: unit))
            for column in columns.indices
            where stretch.range.contains(hour(column)) && columns[column] == "-" {
                columns[column] = Character("\(index + 1)")
            }
        }
        #expect(String(columns) == drawn)
        #expect(stretches.allSatisfy { $0.range.start >= range.start && $0.range.end <= range.end })
    }

    private let unit = UnitID("a")!

    private func hour(_ number: Int) -> Timestamp {
        Timestamp(rfc3339: "2026-03-10T00:00:00Z")!
            .advanced(byMilliseconds: Int64(number) * 3_600_000)
    }

    /// One for each run of a letter; one that ends with a capital has no end. And those of another
    /// unit, of which nothing follows.
    private func assignments(_ hours: String) -> [Assignment] {
        let places = Array(hours.lowercased())
        var found: [Assignment] = [
            Assignment(location: "g", unit: UnitID("b")!, from: hour(-5), to: hour(100))
        ]
        var start = 0
        while start < places.count {
            let end = places[start...].firstIndex { $0 != places[start] } ?? places.count
            if places[start] != "." {
                let lasts = Array(hours)[end - 1].isUppercase
                found.append(
                    Assignment(
                        location: String(places[start]), unit: unit, from: hour(start),
                        to: lasts ? nil : hour(end)))
            }
            start = end
        }
        return found
    }
}
