//  ClockOffset.swift · Ingest
//
//  How far an upstream's clock is ahead of ours. Its readings carry its time, so a wrong clock
//  makes them late or early.

import Monitoring

/// The median of the newest answers' offsets, so that a slow answer or a step of our own clock
/// does not move it. Pure.
struct ClockOffset: Hashable, Sendable {
    static let sampleCount = 15
    /// `Date` has whole seconds, cut off: on average it is so much behind.
    private static let cutMilliseconds: Int64 = 500

    /// Oldest first.
    private var samples: [Int64] = []

    /// - Parameters:
    ///   - date: the answer's `Date`.
    ///   - sent: our time when the request was made.
    ///   - received: our time when the answer had come.
    mutating func add(_ date: Timestamp, sent: Timestamp, received: Timestamp) {
        let middle = sent.milliseconds + received.milliseconds(since: sent) / 2
        if samples.count == ClockOffset.sampleCount { samples.removeFirst() }
        samples.append(date.milliseconds + ClockOffset.cutMilliseconds - middle)
    }

    /// In milliseconds, to the second; `nil` before the first answer.
    var milliseconds: Int64? {
        samples.isEmpty ? nil : samples.sorted()[samples.count / 2]
    }
}

extension Timestamp {
    /// Reads a date as in HTTP (RFC 9110, "IMF-fixdate"): `Tue, 24 Nov 2026 02:55:34 GMT`.
    init?(httpDate text: String) {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", words[1].count == 2,
            let month = Timestamp.months.firstIndex(of: String(words[2]))
        else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        self.init(rfc3339: "\(words[3])-\(number)-\(words[1])T\(words[4])Z")
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
