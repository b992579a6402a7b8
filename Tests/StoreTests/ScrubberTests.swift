//  ScrubberTests.swift · StoreTests

import Logging
import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `The scrubber` {
    private static let start = Timestamp(rfc3339: "2026-11-23T12:00:00Z")!

    private static func minute(_ number: Int64) -> Timestamp {
        start.advanced(byMilliseconds: number * 60_000)
    }

    /// A column is ten minutes.
    @Test(arguments: [
        ("one an hour, round and round", "abc", "", 0.0, "-a-----b-----c-----a-----b"),
        ("begins in the middle", "abc", "", 0.5, "-b-----c-----a-----b-----c"),
        ("what is damaged goes first", "abc", "c", 0.0, "-c-----a-----b-----c-----a"),
        ("nothing to read", "", "", 0.0, "--------------------------"),
    ])
    func `takes turns`(
        name: String, segments: String, suspects: String, place: Double, expected: String
    ) {
        var schedule = ScrubSchedule(now: Self.start, start: place)
        let drawn = (0..<expected.count).map { column in
            schedule.next(
                of: segments.map(String.init), suspects: Set(suspects.map(String.init)),
                now: Self.minute(Int64(column) * 10)) ?? "-"
        }
        #expect(drawn.joined() == expected, Comment(rawValue: name))
    }

    @Test func `is not put off by a clock that went back`() {
        var schedule = ScrubSchedule(now: Self.start, start: 0)
        #expect(schedule.next(of: ["a"], suspects: [], now: Self.minute(-600)) == "a")
    }

    @Test func `takes up new segments and forgets old ones`() {
        var schedule = ScrubSchedule(now: Self.start, start: 0)
        var read: [String?] = []
        for (hour, names) in [["a", "b"], ["a", "b"], ["b", "c"], ["b", "c"]].enumerated() {
            read.append(schedule.next(of: names, suspects: [], now: Self.minute(60 * Int64(hour + 1))))
        }
        #expect(read == ["a", "b", "c", "b"])
    }

    @Test func `names a damaged page, writes it down, and takes it back when it is mended`() async throws {
        var model = try StoreModel(seed: 1)
        _ = try model.engine.append(model.next(60, of: 0), now: StoreModel.now)
        try model.engine.seal()
        let path = model.disk.files.first { $0.hasPrefix("seg/") }!
        let good = model.disk.bytes(path)!
        var bad = good
        bad[SegmentFormat.headerBytes + 20] ^= 1
        model.disk.put(path, bad)
        try model.crash(seed: 1)
        #expect(model.engine.view.withState { $0.damage } == [], "nobody has looked yet")

        let clock = ManualClock(start: Self.start)
        var scrubber = self.scrubber(model, clock)
        clock.advance(by: .seconds(301))
        #expect(await scrubber.step() == path)
        for _ in 1...2 {
            let damage = model.engine.view.withState { $0.damage }
            #expect(damage.map(\.kind) == ["page"] && damage.first?.unit == StoreModel.units[0])
            #expect(await scrubber.step() == nil, "once an hour")
            try model.crash(seed: 2)
            scrubber = self.scrubber(model, clock)
        }

        model.disk.put(path, good)
        try model.crash(seed: 3)
        scrubber = self.scrubber(model, clock)
        clock.advance(by: .seconds(301))
        #expect(await scrubber.step() == path)
        #expect(model.engine.view.withState { $0.damage } == [])
        #expect(model.leftover() == nil)
    }

    @Test func `tells of a broken file no more than somebody can read`() async throws {
        var model = try StoreModel(seed: 1)
        for _ in 0..<40 {
            _ = try model.engine.append(model.next(3, of: 0), now: StoreModel.now)
            // A block ends with its run.
            model.sources[0].restart()
        }
        try model.engine.seal()
        let path = model.disk.files.first { $0.hasPrefix("seg/") }!
        var bytes = model.disk.bytes(path)!
        let end = Int(model.engine.view.withState { $0.segments[0] }.footer.indexOffset)
        for place in stride(from: SegmentFormat.headerBytes, to: end, by: 16) { bytes[place] ^= 0xFF }
        model.disk.put(path, bytes)
        try model.crash(seed: 1)
        let clock = ManualClock(start: Self.start)
        let scrubber = self.scrubber(model, clock)
        clock.advance(by: .seconds(301))
        _ = await scrubber.step()
        let damage = model.engine.view.withState { $0.damage }
        #expect(damage.count == 21)
        #expect(damage.last?.detail == "20 more blocks cannot be read.")
    }

    private func scrubber(_ model: StoreModel, _ clock: ManualClock) -> Scrubber {
        Scrubber(
            view: model.engine.view, disk: model.disk, clock: clock, start: 0,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}
