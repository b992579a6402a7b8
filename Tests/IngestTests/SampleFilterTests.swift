//  SampleFilterTests.swift · IngestTests

import Monitoring
import Testing

@testable import Ingest

@Suite struct `The sample filter` {
    // Each step: source (s status, m monitor), milliseconds, value. Verdicts: N new, r repeated
    // by its source, o told by the other, p replayed. M is the first of a socket.
    @Test(arguments: [
        ("takes a cached reading once", "s0a s0a s0a s1000b s1000b", "NrrNr"),
        ("takes a new time with the same values", "s0a s1000a m2000a m3000a", "NNNN"),
        ("knows a reading that the socket tells again", "s0a m5a m1005b m2005c", "NoNN"),
        ("knows a reading that the status tells again", "m5a m1005b s1000b s2000c", "NNoN"),
        ("goes by values as well as by time", "s0a m5b s1000c m1005c", "NNNo"),
        ("holds up to half a second for the same", "s0a m500a", "No"),
        ("does not hold more for the same", "s0a m501a", "NN"),
        ("looks before and after", "s1000a m500a s2000b m2400b", "NoNo"),
        ("tells a socket's replay that lags a status", "s0a s1000b m5a m1005b m2005c", "NNooN"),
        ("drops an old first reading of a socket", "s9000a M5b m6b m9005c", "NpNN"),
        ("drops it again when the socket is opened again", "m1000a M900b M1100c M500d", "NpNp"),
        ("takes a first reading that is newer", "s1000a M2000b", "NN"),
        ("never compares a source with itself", "m0a m100a m200a", "NNN"),
        ("takes a step of the upstream's clock", "m5000a m1000b m2000c", "NNN"),
        ("does not fall for what it dropped", "s0a m5a m5a s0a", "Norr"),
    ])
    func `drops what was handed on before`(behaviour: String, steps: String, verdicts: String) {
        var filter = SampleFilter()
        let drawn = steps.split(separator: " ").map { step -> String in
            let source: ReadingSource = step.first == "s" ? .status : .monitor
            if step.first == "M" { filter.reopen(.monitor) }
            switch filter.judge(reading(step), from: source) {
            case .new: return "N"
            case .repeated: return "r"
            case .toldByOther: return "o"
            case .replayed: return "p"
            }
        }.joined()
        #expect(drawn == verdicts, Comment(rawValue: behaviour))
    }

    @Test func `compares flags and state too`() {
        var filter = SampleFilter()
        var other = reading("m5a")
        #expect(filter.judge(reading("s0a"), from: .status) == .new(isFirst: true))
        other.flags = .over
        #expect(filter.judge(other, from: .monitor) == .new(isFirst: true))
        other = reading("m6a")
        other.word = .stopped
        #expect(filter.judge(other, from: .monitor) == .new(isFirst: false))
    }

    @Test(arguments: [(1, 0), (64, 0), (65, 1), (70, 6)])
    func `knows 64 readings that one source is ahead of the other`(count: Int, newCount: Int) {
        var filter = SampleFilter()
        for second in 0..<count {
            #expect(
                filter.judge(reading("s\(second * 1000)a"), from: .status)
                    == .new(isFirst: second == 0))
        }
        let verdicts = (0..<count).map {
            filter.judge(reading("m\($0 * 1000 + 5)a"), from: .monitor)
        }
        #expect(verdicts.count { $0 != .toldByOther } == newCount)
        #expect(verdicts.suffix(count - newCount).allSatisfy { $0 == .toldByOther })
    }

    private func reading(_ step: some StringProtocol) -> SLMMReading {
        var levels = Levels()
        levels[.lp] = Level(tenths: Int16(step.last!.asciiValue!))
        return SLMMReading(
            time: Timestamp(milliseconds: Int64(step.dropFirst().dropLast())!), levels: levels,
            flags: [], word: .measuring, measurementStart: nil)
    }
}
