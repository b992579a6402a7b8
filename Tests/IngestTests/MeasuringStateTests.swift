//  MeasuringStateTests.swift · IngestTests

import Monitoring
import Testing

@testable import Ingest

@Suite struct `The measuring state` {
    // One column is one second. Words: S start, M measure, P stop, ? unclear. The row below: which values
    // have accumulated. Expected: # measuring, - not.
    @Test(arguments: [
        ("follows the words", "SSPPPP", "abcccc", "##----"),
        ("keeps the last good word", "S??P??", "abbbbb", "###---"),
        ("is not measuring before it is told", "???S", "aaaa", "---#"),
        ("sees through the phantom start after a stop", "SPSSSSP", "aaaaaaa", "#------"),
        ("believes a start whose values move", "SPSSS", "aabcd", "#-###"),
        ("does not take missing values for movement", "SPSS", "aa..", "#---"),
        ("believes a start once values move", "SPSSS", "aaaab", "#---#"),
        ("remembers what was frozen", "SPPSSS", "aa.aab", "#----#"),
        ("does not believe that it measures by default", "SPMMM", "aaaab", "#---#"),
        ("takes the word of a stream", "MM", "ab", "##"),
    ])
    func `is followed through words of which some are false`(
        behaviour: String, words: String, values: String, expected: String
    ) {
        var state = MeasuringState()
        var drawn = ""
        for (second, (word, value)) in zip(words, values).enumerated() {
            state.observe(reading(word, value, second: second))
            drawn += state.isMeasuring ? "#" : "-"
        }
        #expect(drawn == expected, Comment(rawValue: behaviour))
    }

    @Test func `believes a lasting start after 30 s even if nothing moves`() {
        var state = MeasuringState()
        state.observe(reading("P", "a", second: 0))
        state.observe(reading("S", "a", second: 29))
        #expect(!state.isMeasuring)
        state.observe(reading("S", "a", second: 30))
        #expect(state.isMeasuring)
    }

    @Test func `takes a new start over values that stand still for a phantom`() {
        var state = MeasuringState()
        state.observe(reading("S", "a", second: 0, start: Timestamp(milliseconds: 70)))
        state.observe(reading("S", "a", second: 1, start: Timestamp(milliseconds: 70)))
        #expect(state.isMeasuring)
        state.observe(reading("S", "a", second: 2, start: Timestamp(milliseconds: 1500)))
        #expect(!state.isMeasuring)
        #expect(state.isPhantom)
        state.observe(reading("S", "b", second: 3, start: Timestamp(milliseconds: 1500)))
        #expect(state.isMeasuring)
        state.observe(reading("S", "c", second: 4, start: Timestamp(milliseconds: 3500)))
        #expect(state.isMeasuring)
    }

    @Test func `carries on from a stored frame`() {
        var frame = Frame(
            unit: UnitID("u")!, time: Timestamp(milliseconds: 0),
            levels: reading("S", "a", second: 0).levels, state: .measuring)
        #expect(MeasuringState(frame).isMeasuring)
        frame.state = []
        var state = MeasuringState(frame)
        #expect(!state.isMeasuring)
        state.observe(reading("S", "a", second: 5))
        #expect(state.isPhantom)
        state.observe(reading("S", "b", second: 6))
        #expect(state.isMeasuring)
    }

    /// The phantom as it was recorded: a stop at 16:37:54, told by `/status`, then eleven seconds
    /// of "Start" with a start time of the upstream's making.
    @Test func `sees through the recorded phantom`() throws {
        var state = MeasuringState()
        let frames = try Capture("22_ws_stopped").frames.map { try SLMMMonitorMessage($0) }
        guard case .reading(let stop, _) = try SLMMStatus(try Capture("22_status_stopped").body)
        else { throw SLMMFault.shape }
        var measuringCount = 0
        for (index, message) in frames.enumerated() {
            guard case .reading(let reading) = message else { continue }
            state.observe(reading)
            if state.isMeasuring { measuringCount += 1 }
            if index == 0 { state.observe(stop) }
        }
        #expect(measuringCount == 1)
    }

    private func reading(
        _ word: Character, _ value: Character, second: Int, start: Timestamp? = nil
    ) -> SLMMReading {
        var levels = Levels()
        levels[.lp] = Level(tenths: Int16(400 + second))
        if value != "." {
            levels[.leq] = Level(tenths: Int16(500 + Int(value.asciiValue!)))
        }
        return SLMMReading(
            time: Timestamp(milliseconds: Int64(second) * 1000), levels: levels, flags: [],
            word: MeasuringWord(["S": "Start", "M": "Measure", "P": "Stop"][word] ?? "0.0"),
            measurementStart: start)
    }
}
