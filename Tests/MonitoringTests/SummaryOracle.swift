//  SummaryOracle.swift · MonitoringTests
//
//  Summaries made anew from the words of docs/acoustics.md: slow, on Foundation's calendar, with
//  sums over slots of five minutes on whose borders every period of the zones tried here begins.

import Foundation
import Monitoring

/// What a summary should be.
struct SummaryOracle {
    struct Row {
        var from: Int64
        var to: Int64
        var levels: [Int: Int] = [:]
        var overloaded = 0
        var samples: [Int] = []
        var parts: [String: (length: Int64, levels: [Int: Int])] = [:]

        var covered: Int { levels.values.reduce(0, +) }
        var mean: Double? { SummaryOracle.mean(levels) }
        func above(_ tenths: Int) -> Int { levels.filter { $0.key > tenths }.values.reduce(0, +) }
        func exceeded(_ percent: Int) -> Int? {
            guard Double(samples.count) >= 1000 / Double(percent) else { return nil }
            return levels.keys.sorted(by: >).first { level in
                let time = levels.filter { $0.key >= level }.values.reduce(0, +)
                return Double(time) >= Double(covered) * Double(percent) / 100
            }
        }
    }

    private static let slot: Int64 = 300_000
    let question: SummaryQuestion
    let zone: TimeZone
    private let calendar: Calendar

    init(_ question: SummaryQuestion, zone: String) {
        self.question = question
        self.zone = TimeZone(identifier: zone)!
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = self.zone
        self.calendar = calendar
    }

    static func mean(_ levels: [Int: Int]) -> Double? {
        let time = levels.values.reduce(0, +)
        guard time > 0 else { return nil }
        let energy = levels.reduce(0.0) { $0 + Double($1.value) * pow(10, Double($1.key) / 100) }
        return 10 * log10(energy / Double(time))
    }

    func isEnough(_ ticks: Int, of milliseconds: Int64) -> Bool {
        ticks > 0
            && Double(ticks) * 100 / Double(milliseconds)
                >= Double(question.minimumCoveragePercent) / 100 - 1e-12
    }

    // MARK: - Time

    /// The row that a moment lies in, by name.
    private func name(_ time: Int64) -> String {
        guard let period = question.period else { return "all" }
        let date = Date(timeIntervalSince1970: Double(time) / 1000)
        let parts = calendar.dateComponents(
            [.year, .month, .day, .hour, .minute, .weekOfYear, .yearForWeekOfYear], from: date)
        let day = "\(parts.year!)-\(parts.month!)-\(parts.day!)"
        let offset = zone.secondsFromGMT(for: date)
        func clock(_ minutes: Int) -> String {
            "\(day) \(parts.hour!):\(parts.minute! / minutes) \(offset)"
        }
        return switch period {
        case .fiveMinutes: clock(5)
        case .quarterHour: clock(15)
        case .halfHour: clock(30)
        case .hour: clock(60)
        case .day: day
        case .week: "\(parts.yearForWeekOfYear!) \(parts.weekOfYear!)"
        case .month: "\(parts.year!)-\(parts.month!)"
        }
    }

    /// The part of the day at a moment, and the row whose day it is.
    private func part(_ time: Int64, _ hours: [Int]) -> (part: String, row: String) {
        let date = Date(timeIntervalSince1970: Double(time) / 1000)
        let hour = calendar.component(.hour, from: date)
        let index = hours.lastIndex { $0 <= hour }
        guard index == nil, question.period != nil else {
            return ("\(hours.count)\(index ?? hours.count - 1)", name(time))
        }
        // Early in the morning: of the night that began the day before.
        let noon = calendar.date(bySettingHour: 12, minute: 0, second: 0, of: date)!
        let before = calendar.date(byAdding: .day, value: -1, to: noon)!
        return (
            "\(hours.count)\(hours.count - 1)", name(Int64(before.timeIntervalSince1970) * 1000)
        )
    }

    // MARK: - Frames

    /// The ticks that each frame covers, by the words of "Dwell".
    private func covered(_ frames: [Frame]) -> [(frame: Frame, ticks: Range<Int64>)] {
        let day: Int64 = 86_400_000
        func floor(_ a: Int64, _ b: Int64) -> Int64 { Int64((Double(a) / Double(b)).rounded(.down)) }
        return frames.enumerated().map { index, frame in
            let time = frame.time.milliseconds
            let tick = floor(time, 100)
            let midnight = floor(time, day) * day
            let previous = index > 0 ? frames[index - 1] : nil
            var dwell: Int64 = 10
            if let previous, previous.time.milliseconds >= midnight {
                let isSame = previous.measurementStart == frame.measurementStart
                var follows = isSame
                if let a = previous.measurementStart, let b = frame.measurementStart, a != b {
                    follows = b <= previous.time
                }
                if follows, time - previous.time.milliseconds <= 15_000 {
                    dwell = max(1, tick - floor(previous.time.milliseconds, 100))
                }
            } else {
                let began = frame.measurementStart.map { $0.milliseconds >= midnight } ?? false
                if !began, time - midnight <= 15_000 { dwell = tick - midnight / 100 }
            }
            let end = max(tick, midnight / 100 + 1)
            guard frame.state.contains(.measuring), frame.levels[.lp] != nil else {
                return (frame, end..<end)
            }
            return (frame, max(midnight / 100, end - max(1, dwell))..<end)
        }
    }

    // MARK: - Rows

    func rows(_ frames: [Frame]) -> [Row] {
        let start = question.range.start.milliseconds
        let end = question.range.end.milliseconds
        let isMonth = question.period == .month
        let reach = (isMonth ? 33 : question.period == .week ? 9 : 3) * Int64(86_400_000)
        let first = (start - reach) / Self.slot * Self.slot
        let slots = stride(from: first, to: end + reach, by: Int(Self.slot)).map { $0 }
        // Rows, by name.
        var rows: [String: Row] = [:]
        var order: [String] = []
        let names = slots.map(name)
        for (slot, name) in zip(slots, names) {
            if rows[name] == nil {
                rows[name] = Row(from: slot, to: slot)
                order.append(name)
            }
            rows[name]!.to = slot + Self.slot
        }
        if question.period == nil { rows["all"] = Row(from: start, to: end) }
        order = order.filter { rows[$0]!.from < end && rows[$0]!.to > start }
        let isWhole = question.period != nil && rows[order.last!]!.to == end

        // Levels, by slot, of the range and of what the last night needs.
        var levels: [Int64: [Int: Int]] = [:]
        var late: [Int64: [Int: Int]] = [:]
        for (frame, ticks) in covered(frames) {
            let level = frame.levels[.lp].map { Int($0.tenths) }
            if let level, frame.state.contains(.measuring), question.range.contains(frame.time) {
                let name = names[Int((frame.time.milliseconds - first) / Self.slot)]
                rows[name]?.samples.append(level)
            }
            for tick in ticks {
                let time = tick * 100
                guard let level, time >= start / 100 * 100, time >= first,
                    time < end + reach - Self.slot
                else { continue }
                let slot = (time - first) / Self.slot
                if time < end / 100 * 100 {
                    levels[slot, default: [:]][level, default: 0] += 1
                    if frame.state.contains(.over) { rows[names[Int(slot)]]?.overloaded += 1 }
                } else if isWhole {
                    late[slot, default: [:]][level, default: 0] += 1
                }
            }
        }
        for (slot, found) in levels {
            rows[names[Int(slot)]]?.levels.merge(found, uniquingKeysWith: +)
        }
        if question.period?.holdsDays ?? true {
            for (number, slot) in slots.enumerated() {
                for hours in [question.division.parts.map(\.hour), [7, 22]] {
                    let (part, name) = part(slot, hours)
                    var length = Self.slot
                    if question.period == nil {
                        length = max(0, min(end, slot + Self.slot) - max(start, slot))
                    }
                    rows[name]?.parts[part, default: (0, [:])].length += length
                    for found in [levels[Int64(number)], late[Int64(number)]] {
                        rows[name]?.parts[part]?.levels.merge(found ?? [:], uniquingKeysWith: +)
                    }
                }
            }
        }
        return order.map { rows[$0]! }
    }

    /// Levels of the parts of a division that has so many.
    func means(_ row: Row, parts: Int) -> [Double?] {
        (0..<parts).map { part in
            guard let found = row.parts["\(parts)\(part)"] else { return nil }
            let ticks = found.levels.values.reduce(0, +)
            return isEnough(ticks, of: found.length) ? Self.mean(found.levels) : nil
        }
    }
}
