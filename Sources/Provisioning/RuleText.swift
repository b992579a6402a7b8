//  RuleText.swift · Provisioning
//
//  A rule as a program sends it: read as one in a file is, with mistakes by field.

package import Monitoring

extension AlertRule {
    /// Reads a rule from a JSON object.
    ///
    /// - Parameters:
    ///   - id: the rule's; `nil`: as the object says, or what `makeID` answers.
    ///   - site: where the rule is; the object need not say it, and must not contradict.
    ///   - known: the rule as it is: what the object leaves out stays.
    ///     Its ``version`` is the one that the object gives, or that of `known`.
    /// - Throws: everything that is wrong at once.
    package init(
        json: some Sequence<UInt8>, id: String? = nil, makeID: () -> String, site: Site,
        over known: AlertRule? = nil
    ) throws(FieldFaults) {
        self = try FieldFaults.reading(json) { entry in
            let id = entry.id(of: "rule", known: id) ?? makeID()
            return AlertRule(entry, id: id, site: site, over: known)
        }
    }
}
