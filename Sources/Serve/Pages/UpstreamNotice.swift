//  UpstreamNotice.swift · Serve

import Monitoring

extension UpstreamStatus {
    /// Past it readings may look fresh or old that are not.
    static let bearableOffsetMilliseconds: Int64 = 2000

    /// What is wrong with the upstream, in sentences for people; times are UTC. One failed upstream
    /// is one sentence, however many units it has.
    func notices(now: Timestamp) -> [String] {
        var notices: [String] = []
        if let fault {
            var text = "Meter service \(id) \(fault) since \(PageText.since(since, now: now))"
            if let failure { text += ": \(failure)" }
            let units = units == 1 ? "unit shows its" : "units show their"
            text += self.units == 0 ? "." : ". Its \(count)\(units) last known values."
            notices.append(text)
        }
        if let offset = clockOffsetMilliseconds, abs(offset) > Self.bearableOffsetMilliseconds {
            let seconds = "\((abs(offset) + 500) / 1000) s \(offset < 0 ? "behind" : "ahead of")"
            notices.append(
                "The clock of meter service \(id) is \(seconds) ours: the times of its readings "
                    + "are off by as much.")
        }
        return notices
    }

    private var count: String { units == 1 ? "" : "\(units) " }

    private var fault: String? {
        switch state {
        case .ok, .starting: nil
        case .down: "not reachable"
        case .stalled: "has not answered in time"
        }
    }

    /// What stands beside its name in a list; `nil` while all is well.
    var conditionWord: String? {
        switch state {
        case .ok: nil
        case .starting: "not asked yet"
        case .down: "not reachable"
        case .stalled: "does not answer"
        }
    }
}
