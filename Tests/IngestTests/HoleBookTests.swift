//  HoleBookTests.swift · IngestTests

import Monitoring
import Testing

@testable import Ingest

@Suite struct `The holes of a unit` {
    private static let start = Timestamp(rfc3339: "2026-11-23T12:00:00Z")!
    private static let unit = UnitID("a")!

    // One column is half a minute: m a reading of a meter that measures, s of one that is stopped,
    // b when the measurement of later readings began. Below it where a point of the trail is taken.
    @Test(arguments: [
        (
            "are longer than two minutes",
            "mm....mm",
            "..####.."
        ),
        (
            "are not shorter",
            "mm...mmm",
            "........"
        ),
        (
            "may be several",
            "m....m.m.....m",
            ".####...#####."
        ),
        (
            "are none before the first reading",
            "......mm",
            "........"
        ),
        (
            "are none of a stopped meter",
            "ss....ss",
            "........"
        ),
        (
            "are not told by the trail when the meter was stopped in them",
            "mm....ss",
            "........"
        ),
        (
            "begin with the measurement where the meter was stopped before",
            "ss..b.....mm",
            ".....#####.."
        ),
        (
            "are none where a stopped meter's new start is not known",
            "ss.......mm",
            "..........."
        ),
        (
            "are whole where the meter was started again in them",
            "mm..b.....mm",
            "..########.."
        ),
    ])
    func `lie between readings of a meter that measures`(
        what: String, readings: String, holes: String
    ) {
        var book = HoleBook()
        var measurement: Int64?
        for (column, letter) in readings.enumerated() {
            if letter == "b" { measurement = Int64(column) }
            guard "ms".contains(letter) else { continue }
            book.observe(Self.frame(Int64(column), letter, since: measurement), at: .zero)
        }
        #expect(points(taken: &book, columns: readings.count) == holes, Comment(rawValue: what))
        #expect(book.holes == [])
    }

    @Test func `begin with the newest stored frame after a restart`() {
        var book = HoleBook(newest: Self.frame(0, "m"))
        book.observe(Self.frame(6, "m"), at: .zero)
        #expect(points(taken: &book, columns: 7) == ".#####.")
    }

    @Test func `are none of a clock that goes back, and none behind it`() {
        var book = HoleBook()
        for column in [100, 10, 11, 12, 20] as [Int64] {
            book.observe(Self.frame(column, "m"), at: .zero)
        }
        #expect(points(taken: &book, columns: 101) == holes(13..<20, columns: 101))
    }

    // Milliseconds after the reading before a hole of 10 minutes.
    @Test(arguments: [
        ("not within 15 s of the readings", [-60_000, 0, 14_999, 585_001, 600_000, 660_000], []),
        ("from 15 s on", [15_000, 585_000], [15_000, 585_000]),
        ("each about a minute", [20_000, 78_999, 79_000, 137_999, 138_000], [20_000, 79_000, 138_000]),
    ] as [(String, [Int64], [Int64])])
    func `take points`(what: String, told: [Int64], taken: [Int64]) {
        var book = HoleBook()
        book.observe(Self.frame(0, "m"), at: .zero)
        book.observe(Self.frame(20, "m"), at: .zero)
        let question = book.ask(at: .zero)!
        let trail = SLMMTrail(points: told.map { point(Self.start.advanced(byMilliseconds: $0)) })
        let times = book.close(question, with: trail).map { $0.time.milliseconds(since: Self.start) }
        #expect(times == taken, Comment(rawValue: what))
    }

    // Minutes of the hole, and until it is asked for; hours asked for.
    @Test(arguments: [
        (10, 0, 1), (60, 0, 1), (60, 1, 2), (61, 0, 2), (600, 0, 10), (1439, 0, 24), (6000, 0, 24),
        (10, 1439, 24),
    ] as [(Int64, Int64, Int)])
    func `ask as far back as they lie`(minutes: Int64, later: Int64, hours: Int) {
        var book = HoleBook()
        book.observe(Self.frame(0, "m"), at: .zero)
        book.observe(Self.frame(minutes * 2, "m"), at: .seconds(7))
        #expect(book.ask(at: .seconds(7 + later * 60))?.hours == hours)
    }

    @Test func `are given up when the upstream has forgotten them`() {
        var book = HoleBook()
        book.observe(Self.frame(0, "m"), at: .zero)
        book.observe(Self.frame(20, "m"), at: .zero)
        #expect(book.ask(at: .seconds(86_400)) == nil)
        #expect(book.waitingSince(at: .seconds(86_400)) == nil)
    }

    @Test func `are asked for together, once in ten minutes`() {
        var book = HoleBook()
        book.observe(Self.frame(0, "m"), at: .zero)
        book.observe(Self.frame(20, "m"), at: .seconds(1))
        #expect(book.waitingSince(at: .seconds(2)) == .seconds(1))
        let first = book.ask(at: .seconds(2))!
        book.observe(Self.frame(40, "m"), at: .seconds(300))
        #expect(book.close(first, with: SLMMTrail(points: [])) == [])
        book.observe(Self.frame(60, "m"), at: .seconds(500))
        #expect(book.waitingSince(at: .seconds(601)) == nil)
        #expect(book.waitingSince(at: .seconds(602)) == .seconds(300))
        #expect(book.ask(at: .seconds(602))?.holes.count == 2)
        // Nobody answered: they wait on.
        #expect(book.waitingSince(at: .seconds(1201)) == nil)
        #expect(book.waitingSince(at: .seconds(1202)) == .seconds(300))
    }

    @Test func `are sixteen at most, the newest`() {
        var book = HoleBook()
        for column in 0...20 as ClosedRange<Int64> {
            book.observe(Self.frame(column * 10, "m"), at: .zero)
        }
        #expect(book.holes.count == 16)
        #expect(book.holes.last?.to == Self.frame(200, "m").time)
    }

    @Test func `are forgotten when the unit is another meter, also under way`() {
        var book = HoleBook()
        book.observe(Self.frame(0, "m"), at: .zero)
        book.observe(Self.frame(20, "m"), at: .zero)
        let question = book.ask(at: .zero)!
        book.forget()
        let trail = SLMMTrail(points: [point(Self.frame(10, "m").time)])
        #expect(book.close(question, with: trail) == [])
        book.observe(Self.frame(40, "m"), at: .zero)
        #expect(book.holes == [])
    }

    @Test func `take at most 1,500 points of a day`() {
        var book = HoleBook()
        book.observe(Self.frame(0, "m"), at: .zero)
        book.observe(Self.frame(2880, "m"), at: .zero)
        let question = book.ask(at: .zero)!
        let points = (0..<43_200).map { point(Self.start.advanced(byMilliseconds: $0 * 2000)) }
        let taken = book.close(question, with: SLMMTrail(points: points))
        #expect(taken.count > 1400 && taken.count <= 1500)
    }

    // MARK: -

    private static func frame(_ column: Int64, _ letter: Character, since: Int64? = nil) -> Frame {
        Frame(
            unit: unit, time: start.advanced(byMilliseconds: column * 30_000),
            levels: levels("50.0 60.0 70.0"), state: letter == "m" ? .measuring : [],
            measurementStart: since.map { start.advanced(byMilliseconds: $0 * 30_000) })
    }

    private func point(_ time: Timestamp) -> SLMMTrail.Point {
        SLMMTrail.Point(time: time, levels: levels("- 60.0 70.0"))
    }

    /// Asks a trail with a point in each column, one column at a time: they are too close together.
    private func points(taken book: inout HoleBook, columns: Int) -> String {
        guard let question = book.ask(at: .zero) else {
            return String(repeating: ".", count: columns)
        }
        let text = (0..<columns).map { column in
            var copy = book
            let trail = SLMMTrail(points: [point(Self.frame(Int64(column), "m").time)])
            return copy.close(question, with: trail).isEmpty ? "." : "#"
        }
        _ = book.close(question, with: SLMMTrail(points: []))
        return text.joined()
    }

    private func holes(_ range: Range<Int>, columns: Int) -> String {
        (0..<columns).map { range.contains($0) ? "#" : "." }.joined()
    }
}

extension SLMMTrail {
    init(points: [Point]) { self.init(points: points, faults: []) }
}
