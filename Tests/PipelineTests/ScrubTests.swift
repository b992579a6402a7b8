//  ScrubTests.swift · PipelineTests

import Monitoring
import Pipeline
import Support
import Testing

@Suite struct `The scrub` {
    // One letter is one frame, its place the alphabet's second; verdicts: A accepted, R repeated,
    // L late, S accepted because the clock went back.
    @Test(arguments: [
        ("takes what moves forward", "abcd", "AAAA"),
        ("drops what it has just seen", "aabbb", "ARARR"),
        ("sets apart what comes late", "acbd", "AALA"),
        ("does not let a late frame move the watermark", "adbce", "AALLA"),
        ("drops a late frame told twice", "adbbe", "AALRA"),
        ("goes back with the clock at the third frame that rises", "yabcd", "ALLSA"),
        ("goes back only when they rise", "yababc", "ALLLLS"),
        ("wants them one after the other", "yabzabc", "ALLALLS"),
        ("counts no repetition among the three", "yaabbc", "ALRLRS"),
        ("lets a repetition of the newest come between", "yaybyc", "ALRLRS"),
        ("goes back a second time", "ymnoabc", "ALLSLLS"),
        ("catches up with the time before the step", "yabcxyz", "ALLSAAA"),
        ("takes two late frames for late, however often", "mabnabo", "ALLALLA"),
    ])
    func `judges by the watermark of the unit`(what: String, frames: String, verdicts: String) {
        var scrub = Scrub()
        let judged = frames.utf8.map { letter in
            scrub.judge(Samples.frame(second: Int64(letter)), now: Samples.now)
        }
        #expect(judged.map(letter).joined() == verdicts, Comment(rawValue: what))
    }

    @Test func `keeps units apart`() {
        var scrub = Scrub()
        #expect(scrub.judge(Samples.frame(second: 5), now: Samples.now) == .accepted)
        let other = Samples.frame(second: 1, unit: UnitID("other")!)
        #expect(scrub.judge(other, now: Samples.now) == .accepted)
        #expect(scrub.faults(of: other.unit) == [:])
    }

    @Test func `says how far the clock went back`() {
        var scrub = Scrub()
        for second in [100, 40, 41] as [Int64] {
            _ = scrub.judge(Samples.frame(second: second), now: Samples.now)
        }
        let verdict = scrub.judge(Samples.frame(second: 42), now: Samples.now)
        #expect(verdict == .clockStep(backMilliseconds: 58_000))
        #expect(scrub.faults(of: Samples.unit) == [.late: 2, .clockStep: 1])
        #expect(scrub.counts.clockSteps == 1)
    }

    @Test func `hands on a reading of the watermark's time that says something else`() {
        var scrub = Scrub()
        _ = scrub.judge(Samples.frame(second: 5), now: Samples.now)
        var other = Samples.frame(second: 5)
        other.levels[.lp] = Level(tenths: 601)
        #expect(scrub.judge(other, now: Samples.now) == .late)
        var summary = AppendSummary()
        summary.conflictsByUnit = [Samples.unit: 1]
        scrub.note(summary)
        #expect(scrub.faults(of: Samples.unit) == [.late: 1, .conflict: 1])
        #expect(scrub.counts.conflicts == 1)
    }

    @Test func `carries on after a restart where the store ended`() {
        var scrub = Scrub()
        var newest = Samples.frame(second: 9)
        newest.state.origin = .late
        scrub.resume(newest)
        #expect(scrub.judge(Samples.frame(second: 9), now: Samples.now) == .repeated)
        #expect(scrub.judge(Samples.frame(second: 8), now: Samples.now) == .late)
        #expect(scrub.judge(Samples.frame(second: 10), now: Samples.now) == .accepted)
    }

    @Test func `sees a clock that went back before a restart`() {
        var scrub = Scrub()
        scrub.resume(Samples.frame(second: 90))
        let verdicts = [30, 31, 32, 33].map { second in
            letter(scrub.judge(Samples.frame(second: second), now: Samples.now))
        }
        #expect(verdicts.joined() == "LLSA")
    }

    // As above; a capital letter is a frame of the trail, F is filled, X dropped.
    @Test(arguments: [
        ("fills a hole behind the watermark", "azMNzy", "AAFFRL"),
        ("does not take the trail for the unit's newest frame", "aBMaz", "AXXRA"),
        ("knows no hole of a unit that was never read", "MAa", "XXA"),
        ("sees no clock going back in it", "azMNOPQ", "AAFFFFF"),
        ("counts late frames as if it were not there", "aybMcNd", "AALFLFS"),
        ("leaves a reading told twice to the store", "azMM", "AAFF"),
    ])
    func `sets the trail apart`(what: String, frames: String, verdicts: String) {
        var scrub = Scrub()
        let judged = frames.utf8.map { byte in
            var frame = Samples.frame(second: Int64(byte | 0x20))
            if byte & 0x20 == 0 { frame.state.origin = .trail }
            return scrub.judge(frame, now: Samples.now)
        }
        #expect(judged.map(letter).joined() == verdicts, Comment(rawValue: what))
        #expect(scrub.counts.filled == verdicts.count { $0 == "F" })
    }

    // As above; `^` raises the watermark to the letter after it.
    @Test(arguments: [
        ("takes frames up to it for late", "a^dbdf", "ALLA"),
        ("is not lowered", "a^f^cdeg", "ALLA"),
        ("is not lowered below what was accepted", "d^bce", "ALA"),
        ("is where a unit begins that nothing is known of", "^bbc", "LA"),
        ("is passed by the next frame", "a^cdbe", "AALA"),
        ("knows the newest reading again", "a^ca", "AR"),
        ("goes back with the clock", "a^yxbcde", "ALLLSA"),
    ])
    func `with a raised watermark`(what: String, frames: String, verdicts: String) {
        var scrub = Scrub()
        var judged: [Scrub.Verdict] = []
        var isRaised = false
        for letter in frames.utf8 {
            let frame = Samples.frame(second: Int64(letter))
            if letter == UInt8(ascii: "^") {
                isRaised = true
            } else if isRaised {
                scrub.raise(Samples.unit, to: frame.time)
                isRaised = false
            } else {
                judged.append(scrub.judge(frame, now: Samples.now))
            }
        }
        #expect(judged.map(letter).joined() == verdicts, Comment(rawValue: what))
    }

    @Test func `drops what cannot be, and counts why`() {
        var scrub = Scrub()
        var empty = Samples.frame(second: 1)
        empty.levels = Levels()
        #expect(scrub.judge(empty, now: Samples.now) == .implausible(.noValues))
        #expect(scrub.judge(ahead(300_001), now: Samples.now) == .implausible(.ahead))
        #expect(scrub.counts.dropped == [.noValues: 1, .ahead: 1])
        #expect(scrub.faults(of: Samples.unit) == [.noValues: 1, .ahead: 1])
    }

    /// A clock set forth is believed for five minutes at most, and then when ours is there too.
    @Test func `takes a clock set forth for a gap, or waits until ours has caught up`() {
        var scrub = Scrub()
        #expect(scrub.judge(ahead(0), now: Samples.now) == .accepted)
        #expect(scrub.judge(ahead(300_000), now: Samples.now) == .accepted)
        #expect(scrub.judge(ahead(301_000), now: Samples.now) == .implausible(.ahead))
        let later = Samples.now.advanced(byMilliseconds: 1000)
        #expect(scrub.judge(ahead(301_000), now: later) == .accepted)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `agrees with one that remembers everything`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var scrub = Scrub()
        var naive = NaiveScrub()
        var second: Int64 = 100
        for _ in 0..<200 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0: second -= .random(in: 1...40, using: &random)
            case 1: second += .random(in: 2...20, using: &random)
            case 2...3: break
            default: second += 1
            }
            let outlier = Int.random(in: 0..<10, using: &random) == 0
            let at = outlier ? second - .random(in: 1...30, using: &random) : second
            let verdict = scrub.judge(Samples.frame(second: at), now: .init(milliseconds: .max / 2))
            #expect(letter(verdict) == naive.judge(at))
        }
        let counts = scrub.counts
        #expect(counts.taken == 200)
        #expect(counts.accepted + counts.late + counts.repeated == counts.taken)
        let faults = scrub.faults(of: Samples.unit)
        #expect(faults[.clockStep, default: 0] == counts.clockSteps)
        #expect(faults[.late, default: 0] == counts.late)
    }

    private func ahead(_ milliseconds: Int64) -> Frame {
        Frame(
            unit: Samples.unit, time: Samples.now.advanced(byMilliseconds: milliseconds),
            levels: Samples.frame(second: 1).levels, state: .measuring)
    }

    private func letter(_ verdict: Scrub.Verdict) -> String {
        switch verdict {
        case .accepted: "A"
        case .clockStep: "S"
        case .repeated: "R"
        case .late: "L"
        case .filled: "F"
        case .implausible: "X"
        }
    }
}

/// The rule as it is told: of everything since the last accepted frame, repetitions left out, the
/// last three rise.
private struct NaiveScrub {
    private var accepted: Int64?
    private var behind: [Int64] = []

    mutating func judge(_ second: Int64) -> String {
        guard let accepted, second <= accepted else { return accept(second, "A") }
        if second == accepted || second == behind.last { return "R" }
        behind.append(second)
        let last = behind.suffix(3)
        let rises = last.count == 3 && Array(last) == Set(last).sorted()
        return rises ? accept(second, "S") : "L"
    }

    private mutating func accept(_ second: Int64, _ letter: String) -> String {
        accepted = second
        behind = []
        return letter
    }
}
