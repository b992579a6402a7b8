//  QueryText.swift · Serve
//
//  The parameters of a request, read strictly: what is wrong is named.

import Hummingbird
import HummingbirdCore
import Monitoring

/// The parameters of a request.
struct QueryText {
    private let parameters: Parameters

    init(_ request: Request) { parameters = request.uri.queryParameters }
    /// - Parameter target: a path and what follows it.
    init(target: String) { parameters = URI(target).queryParameters }

    /// The value of `name`; `nil` when it is not there.
    ///
    /// - Throws: 400 when it is there twice, or empty.
    func text(_ name: String) throws(Problem) -> Substring? {
        let values = parameters[values: Substring(name)]
        guard let value = values.first else { return nil }
        guard values.count == 1 else { throw .malformed(name, "is there more than once") }
        guard !value.isEmpty else { throw .malformed(name, "is empty") }
        return value
    }

    /// All values of `name`; empty when it is not there.
    ///
    /// - Throws: 400 when one is empty.
    func texts(_ name: String) throws(Problem) -> [Substring] {
        let values = parameters[values: Substring(name)]
        guard values.allSatisfy({ !$0.isEmpty }) else { throw .malformed(name, "is empty") }
        return values
    }

    /// An instant: RFC 3339 or Unix milliseconds, years 1 … 9999.
    ///
    /// - Throws: 400 when it is neither, 422 when it is beyond those years.
    func time(_ name: String) throws(Problem) -> Timestamp? {
        guard let text = try text(name) else { return nil }
        if let time = Timestamp(rfc3339: text) { return time }
        let digits = text.hasPrefix("-") ? text.dropFirst() : text
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw .malformed(name, "must be a time: RFC 3339 or Unix milliseconds")
        }
        guard let milliseconds = Int64(text), QueryText.years.contains(milliseconds) else {
            throw .unprocessable(name, "is beyond the years 1 to 9999")
        }
        return Timestamp(milliseconds: milliseconds)
    }

    private static let years = Int64(-62_135_596_800_000)...253_402_300_799_999

    /// A whole number.
    ///
    /// - Throws: 400 when it is not one, 422 when it is not in `range`.
    func integer(_ name: String, in range: ClosedRange<Int64>) throws(Problem) -> Int64? {
        guard let text = try text(name) else { return nil }
        let digits = text.hasPrefix("-") ? text.dropFirst() : text
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw .malformed(name, "must be a whole number")
        }
        guard let value = Int64(text), range.contains(value) else {
            throw .unprocessable(
                name, "must be from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// One of `words`.
    func word(_ name: String, of words: [String]) throws(Problem) -> String? {
        guard let text = try text(name) else { return nil }
        guard let word = words.first(where: { $0 == text }) else {
            throw .unprocessable(name, "must be one of \(words.joined(separator: ", "))")
        }
        return word
    }

    /// Whole percentages with commas between them, ascending and each once; none when it is not there.
    func percentages(_ name: String) throws(Problem) -> [Int] {
        guard let text = try text(name) else { return [] }
        var chosen: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard part.utf8.allSatisfy({ (48...57).contains($0) }), let percent = Int(part),
                (1...99).contains(percent)
            else { throw .unprocessable(name, "must be whole percentages from 1 to 99") }
            chosen.insert(percent)
        }
        return chosen.sorted()
    }

    /// The clock of the time zone `tz`; UTC when it is not there.
    func clock() throws(Problem) -> ZoneClock {
        guard let name = try text("tz") else { return .utc }
        guard let clock = ZoneClock(name: String(name)) else {
            throw .unprocessable("tz", "must be a time zone's IANA name, like Europe/London")
        }
        return clock
    }

    /// Levels in dB with commas between them, in the order given; none when it is not there.
    func levels(_ name: String) throws(Problem) -> [Level] {
        guard let text = try text(name) else { return [] }
        var levels: [Level] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let shown = part.contains(".") ? String(part) : part + ".0"
            guard !part.contains(" "), let level = Level(displayed: shown) else {
                throw .unprocessable(
                    name, "must be in dB, from -50 to 200, with at most one decimal: \(part.prefix(32))")
            }
            levels.append(level)
        }
        return levels
    }

    /// Names of metrics with commas between them; all that are allowed when it is not there.
    func metrics(of allowed: [Metric] = Metric.allCases) throws(Problem) -> [Metric] {
        guard let text = try text("metrics") else { return allowed }
        var chosen: Set<Metric> = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let metric = Metric(name: name), allowed.contains(metric) else {
                let names = allowed.map(\.name).joined(separator: ", ")
                throw .unprocessable("metrics", "must be some of \(names)")
            }
            chosen.insert(metric)
        }
        return Metric.allCases.filter(chosen.contains)
    }
}
