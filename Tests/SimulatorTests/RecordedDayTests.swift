//  RecordedDayTests.swift · SimulatorTests

import Foundation
import Monitoring
import Testing

@testable import Simulator

@Suite struct `A recorded day` {
    @Test func `takes the calibration offset off when all rows carry it`() throws {
        let day = try RecordedDay(
            csv: csv(["44.085907", "44.285907", "100.085907"]), file: "day.csv")
        #expect(day.tenths == [440, 442, 1000])
    }

    @Test func `rounds to tenths when rows do not carry it`() throws {
        let day = try RecordedDay(csv: csv(["44.1", "44.285907", "51.26"]), file: "day.csv")
        #expect(day.tenths == [441, 443, 513])
    }

    @Test func `takes off what it is told to`() throws {
        let day = try RecordedDay(csv: csv(["44.3", "44.1"]), file: "day.csv", offset: 0.2)
        #expect(day.tenths == [441, 439])
    }

    @Test(arguments: [
        ("2025-03-22 00:00:00,44.1\n2025-03-22 00:00:01", 3, "found `2025-03-22 00:00:01`"),
        ("2025-03-22 00:00:00,loud", 2, "found `2025-03-22 00:00:00,loud`"),
        ("2025-03-22 00:00:00,201.0", 2, "expected `2025-03-22 00:00:00,44.1`"),
        ("22.03.2025 00:00:00,44.1", 2, "expected `2025-03-22 00:00:00,44.1`"),
        ("2025-03-22 00:00:00,44.1\n2025-03-22 00:00:02,44.1", 3, "one second after"),
    ])
    func `names file and line of a row that is wrong`(rows: String, line: Int, words: String) {
        let error = #expect(throws: RecordedDayError.self) {
            try RecordedDay(csv: Array("datetime,level\n\(rows)\n".utf8), file: "day.csv")
        }
        #expect(error?.line == line)
        #expect(error?.description.hasPrefix("day.csv, line \(line): expected ") == true)
        #expect(error?.description.contains(words) == true)
    }

    @Test func `without rows, or without a file, is refused`() {
        #expect(throws: RecordedDayError(file: "x.csv", line: nil, problem: "has no rows")) {
            try RecordedDay(csv: Array("datetime,level\n".utf8), file: "x.csv")
        }
        let error = #expect(throws: RecordedDayError.self) { try RecordedDay(path: "/nowhere.csv") }
        #expect(error?.description == "/nowhere.csv cannot be read")
    }

    @Test func `plays row k in frame k, one each second, over and over`() throws {
        let rows = (0..<50).map { "\(40 + $0 % 30).\($0 % 10)" }
        let day = try RecordedDay(csv: csv(rows), file: "day.csv")
        let frames = play(day, seconds: 119)
        #expect(frames.count == 120)
        for (index, frame) in frames.enumerated() {
            #expect(frame.lp == day.tenths[index % 50])
            #expect(frame.time == startTime.microseconds + Int64(index) * 1_000_000 + 5000)
        }
    }

    static let realDay = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "../shared/data/laeq1s-day.csv").standardized.path()

    @Test(
        .enabled("the recorded real day is not here") {
            FileManager.default.fileExists(atPath: realDay)
        })
    func `of the real world gives its known figures`() throws {
        let day = try RecordedDay(path: `A recorded day`.realDay)
        let frames = play(day, seconds: 86_399)
        #expect(frames.count == 86_400)
        #expect(frames.map(\.lp) == day.tenths)
        let average = try unwrap(Level.energyAverage(frames.map { Level(tenths: $0.lp) }))
        #expect(abs(average - 49.65) <= 0.01)
        #expect(frames.map(\.lp).max() == 758)
        #expect(frames.map(\.lp).min() == 402)
        // The meter's own results agree at the end of the day.
        let last = try unwrap(frames.last?.reading)
        #expect((last[.leq], last[.lmax], last[.lmin]) == (497, 758, 402))
        #expect((last[.ln1], last[.ln2], last[.ln3], last[.ln4]) == (585, 521, 470, 428))
        #expect(zip(frames, frames.dropFirst()).allSatisfy { $1.time - $0.time == 1_000_000 })
    }

    private struct Played {
        let time: Int64
        let lp: Int16
        let reading: MeterReading
    }

    /// Everything that a subscriber gets who was there from the start.
    private func play(_ day: RecordedDay, seconds: Int64) -> [Played] {
        var configuration = SimulatorConfiguration()
        configuration.levels = .recorded(day)
        configuration.exactCadence = true
        var upstream = SimulatedUpstream(configuration)
        _ = upstream.subscribe("NL43-0001")
        upstream.begin(at: startTime)
        var played: [Played] = []
        // In uneven steps, as a busy machine would.
        var second: Int64 = 0
        while second < seconds {
            second = min(seconds, second + 1 + second % 700)
            let time = startTime.advanced(byMicroseconds: second * 1_000_000)
            for delivery in upstream.advance(to: time) {
                guard case .reading(let reading) = delivery.frame.content else { continue }
                played.append(
                    Played(
                        time: delivery.frame.time.microseconds, lp: reading.values[.lp]!,
                        reading: reading.values))
            }
        }
        return played
    }

    private func csv(_ levels: [String]) -> [UInt8] {
        var text = "datetime, LEQ dB -A \n"
        for (second, level) in levels.enumerated() {
            let time = Timestamp(milliseconds: 1_742_601_600_000 + Int64(second) * 1000)
            text += time.description.prefix(19).replacing("T", with: " ") + ",\(level)\n"
        }
        return Array(text.utf8)
    }
}
