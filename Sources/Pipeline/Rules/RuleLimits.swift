//  RuleLimits.swift · Pipeline
//
//  A rule's levels as machines compare them: "below" is "above" with the sign turned.

import Monitoring

/// A level to pass, and the one to be back behind.
struct RuleLimits: Hashable, Sendable {
    struct Limit: Hashable, Sendable {
        /// Beyond it, strictly, is an excess.
        let threshold: Int32
        /// Below it, strictly, is a recovery.
        let clear: Int32
    }

    /// 1, or −1 for a rule that looks for what is below.
    let sign: Int32
    let alarm: Limit
    let warning: Limit?

    init(_ rule: AlertRule) {
        let sign: Int32 = rule.comparison == .above ? 1 : -1
        func limit(_ tenths: Int16) -> Limit {
            let threshold = sign * Int32(tenths)
            return Limit(threshold: threshold, clear: threshold - Int32(rule.clearMarginTenths))
        }
        self.sign = sign
        alarm = limit(rule.thresholdTenths)
        warning = rule.warningTenths.map(limit)
    }

    /// The one that is passed first.
    var first: Limit { warning ?? alarm }

    subscript(level: SoundEvent.Level) -> Limit {
        level == .alarm ? alarm : warning ?? alarm
    }

    /// The rounded mean at which a limit is passed, in tenths: at it or above for a rule that looks
    /// above, at it or below otherwise.
    func firstBeyond(_ limit: Limit) -> Int { Int(sign * (limit.threshold + 1)) }
}
