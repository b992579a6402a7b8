//  RateWords.swift · Serve
//
//  Why a unit is read as fast as it is, and what was wrong with its readings, for people.

import Monitoring

extension UnitRate.Reason {
    /// The sentence, and the one for several viewers with `{n}` in it.
    var words: (one: String, many: String) {
        switch self {
        case .configuredFull: same("Full rate: set so")
        case .rule: same("Full rate: a limit needs it")
        case .viewer: ("Full rate: 1 viewer", "Full rate: {n} viewers")
        case .lingering: same("Full rate: the last viewer left just now")
        case .unwanted: same("Idle: nobody looks")
        case .configuredIdle: same("Idle: set so")
        case .upstreamFull: same("Idle: 13 units of this upstream are at full rate already")
        case .monitorsFull: same("Background poll: 13 feeds run at the upstream")
        }
    }

    private func same(_ text: String) -> (one: String, many: String) { (text, text) }
}

extension UnitReport {
    /// `Full rate: 2 viewers`; `reading.js` says the same.
    var rateWords: String {
        let words = rate.reason.words
        let text =
            rate.viewerCount == 1
            ? words.one : words.many.replacing("{n}", with: "\(rate.viewerCount)")
        // Without a feed the upstream reads it even slower than idle.
        return hasMonitor == false && text.hasPrefix("Idle:")
            ? "Background poll:" + text.dropFirst("Idle:".count) : text
    }
}

extension Unit.Rate {
    var words: String {
        switch self {
        case .auto: "Automatic"
        case .full: "Always full"
        case .idle: "Always idle"
        }
    }
}

extension FaultReason {
    /// What there were so many of.
    var words: String {
        switch self {
        case .timedOut: "answers too late"
        case .refused: "connections refused or cut"
        case .undecodable: "answers not readable"
        case .neverRead: "answers without any reading"
        case .unreachable: "losses of the meter"
        case .falselyReachable: "times called reachable while silent"
        case .missingLevel: "levels missing"
        case .garbledLevel: "levels not numbers"
        case .garbledState: "states not known"
        case .shiftedFields: "readings with shifted fields"
        case .outOfOrder: "readings that contradict themselves"
        case .phantomStart: "starts that did not happen"
        case .hiddenReset: "resets not told"
        case .replayed: "old readings told again"
        case .noValues: "readings with nothing in them"
        case .ahead: "readings from the future"
        case .late: "readings that came late"
        case .clockStep: "steps back of the service’s clock"
        case .conflict: "other readings of a stored time"
        }
    }
}
