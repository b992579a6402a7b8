//  ProgressBar.swift · earshot

import Glibc

/// One line on standard error that tells how far something is. Nothing, unless it is a terminal.
struct ProgressBar {
    private let isShown = isatty(2) == 1
    private let began = ContinuousClock.now
    private var last: ContinuousClock.Instant?
    private let verb: String

    init(_ verb: String) { self.verb = verb }

    /// - Parameters:
    ///   - share: 0 to 1; `nil` when nobody knows the whole.
    ///   - frames: done so far in this session.
    mutating func show(_ share: Double?, frames: Int) {
        let now = ContinuousClock.now
        guard isShown, last.map({ now - $0 > .milliseconds(100) }) ?? true else { return }
        last = now
        let line = ProgressBar.line(verb, share, frames, seconds: (now - began) / .seconds(1))
        Failure.write("\r\u{1B}[K" + line)
    }

    /// Takes the line away.
    func end() { if isShown { Failure.write("\r\u{1B}[K") } }

    /// `importing [######------]  50 %  1,200,000 frames, 600,000 a second, 0:02 left`
    static func line(_ verb: String, _ share: Double?, _ frames: Int, seconds: Double) -> String {
        var parts = [verb]
        if let share {
            let filled = Int((share * 24).rounded(.down))
            let bar = String(repeating: "#", count: filled)
            let percent = "\(Int((share * 100).rounded(.down)))"
            let pad = String(repeating: " ", count: max(0, 3 - percent.count))
            parts.append(
                "[\(bar)\(String(repeating: "-", count: max(0, 24 - filled)))] \(pad)\(percent) %")
        }
        parts.append(" \(grouped(frames)) frames")
        if seconds >= 1 { parts[parts.count - 1] += ", \(grouped(Int(Double(frames) / seconds))) a second" }
        if let share, share > 0.01, seconds >= 1 {
            let left = Int((seconds / share * (1 - share)).rounded())
            let rest = left % 60
            parts[parts.count - 1] += ", \(left / 60):\(rest < 10 ? "0" : "")\(rest) left"
        }
        return parts.joined(separator: " ")
    }

    /// `1,200,000`
    static func grouped(_ number: Int) -> String {
        var text = ""
        for (index, digit) in String(number).reversed().enumerated() {
            if index > 0, index.isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }
}
