//  UnitChange.swift · Serve
//
//  What an operator may set of a unit, read strictly. Pure.

import JSON
import Monitoring

/// A change of what is configured of a unit: the keys of `provision`, any of them; `null` clears.
struct UnitChange {
    private var faults: [Problem.Fault] = []
    private var unit: Unit

    /// `unit` with what `members` says.
    ///
    /// - Throws: 422 with every key that is not known, and every value that cannot be.
    static func apply(_ members: [JSONValue.Member], to unit: Unit) throws(Problem) -> Unit {
        var change = UnitChange(unit: unit)
        for member in members { change.take(member) }
        guard change.faults.isEmpty else { throw .unprocessable(change.faults) }
        return change.unit
    }

    private init(unit: Unit) { self.unit = unit }

    private mutating func take(_ member: JSONValue.Member) {
        switch member.key {
        case "ln1_percent": unit.ln1Percent = percent(member)
        case "ln2_percent": unit.ln2Percent = percent(member)
        case "frequency_weighting": unit.frequencyWeighting = word(member, of: ["A", "C", "Z"])
        case "time_weighting": unit.timeWeighting = word(member, of: ["F", "S"])
        case "rate":
            let words = Unit.Rate.allCases.map(\.rawValue)
            unit.rate = word(member, of: words).flatMap(Unit.Rate.init) ?? .auto
        default:
            let keys = "ln1_percent, ln2_percent, frequency_weighting, time_weighting and rate"
            refuse(member, "is not something to set; there are \(keys)")
        }
    }

    private mutating func percent(_ member: JSONValue.Member) -> Double? {
        switch member.value {
        case .null: return nil
        case .number(let text):
            if let value = Double(text), value > 0, value < 100 { return value }
        default: break
        }
        refuse(member, "must be a number above 0 and below 100, or null")
        return nil
    }

    private mutating func word(_ member: JSONValue.Member, of words: [String]) -> String? {
        if case .null = member.value { return nil }
        if let text = member.value.string, words.contains(text) { return text }
        refuse(member, "must be one of \(words.joined(separator: ", ")), or null")
        return nil
    }

    private mutating func refuse(_ member: JSONValue.Member, _ message: String) {
        faults.append(Problem.Fault(field: member.key, message: message))
    }
}
