//  Sites+Rules.swift · Monitoring
//
//  How rules come, change and go. Pure; whoever keeps the sites does as it is decided here.

/// A rule that is stored and cannot be read.
package struct UnreadableRule: Hashable, Sendable {
    package let version: Int
    /// `nil` when that cannot be read either.
    package let site: AlertRule.Site?

    package init(version: Int, site: AlertRule.Site?) {
        self.version = version
        self.site = site
    }
}

extension Sites {
    /// Adds a rule as version 1.
    ///
    /// - Parameter units: those that are configured.
    package mutating func add(
        _ rule: AlertRule, units: some Collection<UnitID>
    ) throws(RuleBookError) -> AlertRule {
        switch rule.site {
        case .location(let id):
            guard locations[id]?.status == .active else { throw .unknownSite(rule.site) }
        case .unit(let unit):
            guard units.contains(unit) else { throw .unknownSite(rule.site) }
        }
        guard lastVersion(of: rule.id) == nil else { throw .taken(rule.id) }
        guard rules.values.count(where: { $0.site == rule.site }) < AlertRule.siteMaximum else {
            throw .tooMany
        }
        try check(rule.recipients)
        return put(rule)
    }

    /// Puts `rule` in the place of `version` of the one of its id, at the same site.
    ///
    /// - Returns: the rule with its version.
    package mutating func replace(
        _ rule: AlertRule, over version: Int
    ) throws(RuleBookError) -> AlertRule {
        guard let stored = rules[rule.id] else { throw .unknownRule(rule.id) }
        guard stored.version == version else { throw .changed(version: stored.version) }
        var rule = rule
        rule.site = stored.site
        // Whoever has gone since is not a mistake of this change.
        try check(rule.recipients.filter { !stored.recipients.contains($0) })
        return put(rule)
    }

    /// Takes a rule away; its id stays taken.
    /// - Returns: false when there is none.
    package mutating func delete(rule id: String) -> Bool {
        guard let version = rules.removeValue(forKey: id)?.version
            ?? unreadable.removeValue(forKey: id)?.version
        else { return false }
        deletedRules[id] = version
        return true
    }

    /// Puts a rule there, whatever was there before under its id: as the version after the last one,
    /// or as it is when it is the same.
    @discardableResult package mutating func put(_ rule: AlertRule) -> AlertRule {
        var rule = rule
        if let stored = rules[rule.id] {
            rule.version = stored.version
            if rule == stored { return stored }
        }
        rule.version = (lastVersion(of: rule.id) ?? 0) + 1
        rules[rule.id] = rule
        unreadable[rule.id] = nil
        deletedRules[rule.id] = nil
        return rule
    }

    private func lastVersion(of id: String) -> Int? {
        rules[id]?.version ?? unreadable[id]?.version ?? deletedRules[id]
    }

    private func check(_ wanted: [String]) throws(RuleBookError) {
        let unknown = wanted.filter { !recipients.contains($0) }
        guard unknown.isEmpty else { throw .unknownRecipients(unknown) }
    }
}
