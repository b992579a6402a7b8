//  ScrubTests.swift · PipelineTests

import Monitoring
import Pipeline
import Testing

@Suite struct `The scrub` {
    static let now = Timestamp(rfc3339: "2026-11-23T12:00:00Z")!
    static let unit = UnitID("NL43-0001")!

    // One letter is one frame, its place the alphabet's second; verdicts: A accepted, R repeated,
    // L late.
    @Test(arguments: [
        ("takes what moves forward", "abcd", "AAAA"),
        ("drops what it has just seen", "aabbb", "ARARR"),
        ("sets apart what comes late", "acbd", "AALA"),
        ("does not let a late frame move the watermark", "adbbe", "AALLA"),
    ])
    func `judges by the watermark of the unit`(what: String, frames: String, verdicts: String) {
        var scrub = Scrub()
        let judged = frames.utf8.map { letter in
            scrub.judge(Self.frame(second: Int64(letter)), now: Self.now)
        }
        let letters = judged.map { verdict in
            switch verdict {
            case .accepted: "A"
            case .repeated: "R"
            case .late: "L"
            case .implausible: "X"
            }
        }
        #expect(letters.joined() == verdicts, Comment(rawValue: what))
    }

    @Test func `keeps units apart`() {
        var scrub = Scrub()
        #expect(scrub.judge(Self.frame(second: 5), now: Self.now) == .accepted)
        let other = Self.frame(second: 1, unit: UnitID("other")!)
        #expect(scrub.judge(other, now: Self.now) == .accepted)
    }

    @Test func `carries on after a restart where the store ended`() {
        var scrub = Scrub()
        scrub.resume(Self.unit, at: Self.frame(second: 9).time)
        #expect(scrub.judge(Self.frame(second: 9), now: Self.now) == .repeated)
        #expect(scrub.judge(Self.frame(second: 8), now: Self.now) == .late)
        #expect(scrub.judge(Self.frame(second: 10), now: Self.now) == .accepted)
    }

    @Test func `drops what cannot be, and counts why`() {
        var scrub = Scrub()
        var empty = Self.frame(second: 1)
        empty.levels = Levels()
        #expect(scrub.judge(empty, now: Self.now) == .implausible(.noValues))
        let ahead = Frame(
            unit: Self.unit, time: Self.now.advanced(byMilliseconds: 300_001),
            levels: Self.frame(second: 1).levels, state: .measuring)
        #expect(scrub.judge(ahead, now: Self.now) == .implausible(.ahead))
        #expect(scrub.dropped == [.noValues: 1, .ahead: 1])
    }

    static func frame(second: Int64, unit: UnitID = unit) -> Frame {
        var levels = Levels()
        levels[.lp] = Level(tenths: 571)
        return Frame(
            unit: unit, time: now.advanced(byMilliseconds: (second - 200) * 1000), levels: levels,
            state: .measuring)
    }
}
