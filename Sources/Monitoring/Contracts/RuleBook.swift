//  RuleBook.swift · Monitoring
//
//  The rules, for whoever writes, shows or applies them. Implemented by the registry.

/// The rules of all sites.
package protocol RuleBook: Sendable {
    /// The rules of a site, ascending by id; without those deleted.
    func rules(of site: AlertRule.Site) async throws -> [AlertRule]
    /// The rule of this id; `nil` when there is none or it was deleted.
    func rule(_ id: String) async throws -> AlertRule?
    /// Stores a new rule as version 1.
    ///
    /// - Throws: ``RuleBookError``.
    func add(_ rule: AlertRule) async throws -> AlertRule
    /// Stores another version of a rule; the one before stays readable for its events. A rule stays
    /// where it is: its site is not changed.
    ///
    /// - Parameter version: the one that `rule` was made from. When another one is stored, which is
    ///   ``RuleBookError/changed(version:)``, it is to be read, and the change made again over it.
    /// - Returns: the rule with its version, raised by one, or as it was when nothing changed.
    /// - Throws: ``RuleBookError``.
    func replace(_ rule: AlertRule, over version: Int) async throws -> AlertRule
    /// Deletes a rule; its events stay.
    /// - Returns: false when there is none.
    func delete(rule id: String) async throws -> Bool
    /// What each unit is to be judged by now, of all units, sorted by unit. Cheap enough to be asked
    /// each second: put together anew only when something was configured, or an assignment begins
    /// or ends.
    func plans(at now: Timestamp) async throws -> [MonitoringPlan]
    /// Rules, and hours of projects, that are stored and cannot be read, as sentences with their ids.
    /// They stop no others; provisioning them anew heals them, or deleting a rule.
    func unreadableRules() async throws -> [String]
}

/// Why a rule could not be stored.
package enum RuleBookError: Error, Hashable, Sendable {
    /// There is no rule of this id, or it was deleted.
    case unknownRule(String)
    /// There is no such location or unit, or it was removed.
    case unknownSite(AlertRule.Site)
    /// A rule has or had this id.
    case taken(String)
    /// The site has ``AlertRule/siteMaximum`` rules.
    case tooMany
    /// No such recipients.
    case unknownRecipients([String])
    /// Somebody else changed the rule meanwhile: another version is stored, this one.
    case changed(version: Int)
    /// The rule of this id has values that are out of range or do not go together.
    case unsound(String)
}
