//  ScrubTests.swift · PipelineTests

import Monitoring
import Pipeline
import Testing

@Suite struct `The scrub` {
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
            scrub.judge(Samples.frame(second: Int64(letter)), now: Samples.now)
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
        #expect(scrub.judge(Samples.frame(second: 5), now: Samples.now) == .accepted)
        let other = Samples.frame(second: 1, unit: UnitID("other")!)
        #expect(scrub.judge(other, now: Samples.now) == .accepted)
    }

    @Test func `carries on after a restart where the store ended`() {
        var scrub = Scrub()
        scrub.resume(Samples.unit, at: Samples.frame(second: 9).time)
        #expect(scrub.judge(Samples.frame(second: 9), now: Samples.now) == .repeated)
        #expect(scrub.judge(Samples.frame(second: 8), now: Samples.now) == .late)
        #expect(scrub.judge(Samples.frame(second: 10), now: Samples.now) == .accepted)
    }

    @Test func `drops what cannot be, and counts why`() {
        var scrub = Scrub()
        var empty = Samples.frame(second: 1)
        empty.levels = Levels()
        #expect(scrub.judge(empty, now: Samples.now) == .implausible(.noValues))
        let ahead = Frame(
            unit: Samples.unit, time: Samples.now.advanced(byMilliseconds: 300_001),
            levels: Samples.frame(second: 1).levels, state: .measuring)
        #expect(scrub.judge(ahead, now: Samples.now) == .implausible(.ahead))
        #expect(scrub.dropped == [.noValues: 1, .ahead: 1])
    }
}
