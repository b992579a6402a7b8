//  SQLiteRegistry+Rules.swift · Store
//
//  Rules. Each version is a row for good: events name the one that they were raised by.

package import Monitoring

extension SQLiteRegistry: RuleBook {
    package func rules(of site: AlertRule.Site) async throws -> [AlertRule] {
        try currentSites().sites.rules(of: site)
    }

    package func rule(_ id: String) async throws -> AlertRule? {
        try currentSites().sites.rules[id]
    }

    package func add(_ rule: AlertRule) async throws -> AlertRule {
        try await configure { roster, sites in try sites.add(rule, units: roster.units.keys) }
    }

    package func replace(_ rule: AlertRule, over version: Int) async throws -> AlertRule {
        try await configure { _, sites in try sites.replace(rule, over: version) }
    }

    package func delete(rule id: String) async throws -> Bool {
        try await configure { _, sites in sites.delete(rule: id) }
    }

    package func plans(at now: Timestamp) async throws -> [MonitoringPlan] {
        try currentSites().plans(at: now)
    }

    package func unreadableRules() async throws -> [String] {
        let sites = try currentSites().sites
        return sites.unreadable.sorted { $0.key < $1.key }.map { id, rule in
            "The rule \"\(id)\", version \(rule.version), cannot be read and is not applied. "
                + "Delete it, or provision it anew."
        } + sites.unreadableHours.sorted().map { id in
            "The monitoring hours of the project \"\(id)\" cannot be read and are not applied. "
                + "Provision it anew."
        }
    }
}
