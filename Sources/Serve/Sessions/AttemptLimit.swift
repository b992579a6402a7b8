//  AttemptLimit.swift · Serve

import Monitoring

/// Counts attempts by address, within a minute from the first. Pure.
struct AttemptLimit {
    private struct Window {
        let began: Timestamp
        var count: Int
    }

    private let perMinute: Int
    private var windows: [String: Window] = [:]

    /// The most addresses that are remembered. Past it those whose minute is over are forgotten,
    /// and if there are none, all: a flood of addresses cannot fill the memory.
    static let mostAddresses = 10_000

    init(perMinute: Int) { self.perMinute = perMinute }

    /// Counts one attempt.
    ///
    /// - Returns: `nil` when it is allowed, else after how many seconds to come again.
    mutating func attempt(_ address: String, at now: Timestamp) -> Int? {
        if var window = windows[address], now.milliseconds(since: window.began) < 60_000 {
            window.count += 1
            windows[address] = window
            guard window.count > perMinute else { return nil }
            return Int((60_999 - now.milliseconds(since: window.began)) / 1000)
        }
        if windows.count >= AttemptLimit.mostAddresses {
            windows = windows.filter { now.milliseconds(since: $0.value.began) < 60_000 }
            if windows.count >= AttemptLimit.mostAddresses { windows = [:] }
        }
        windows[address] = Window(began: now, count: 1)
        return nil
    }
}
