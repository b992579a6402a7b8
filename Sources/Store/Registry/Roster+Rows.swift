//  Roster+Rows.swift · Store
//
//  Upstreams and units as rows of the registry.

import GRDB
import Monitoring

extension Roster {
    /// Everything stored, without rows that no version of this program wrote.
    init(_ db: Database) throws {
        self.init()
        for row in try Row.fetchAll(db, sql: "SELECT * FROM upstream") {
            let upstream = Upstream(id: row["id"], url: row["url"])
            upstreams[upstream.id] = upstream
        }
        for row in try Row.fetchAll(db, sql: "SELECT * FROM unit") {
            guard let unit = Unit(row: row) else { continue }
            if row["removed"] { removed[unit.id] = unit } else { units[unit.id] = unit }
        }
    }

    /// Writes what differs from `before`, which is what is stored.
    func store(over before: Roster, _ db: Database) throws {
        for id in before.upstreams.keys where upstreams[id] == nil {
            try db.execute(sql: "DELETE FROM upstream WHERE id = ?", arguments: [id])
        }
        for (id, upstream) in upstreams where before.upstreams[id] != upstream {
            try db.execute(
                sql: "INSERT OR REPLACE INTO upstream (id, url) VALUES (?, ?)",
                arguments: [id, upstream.url])
        }
        let (old, new) = (before.rows, rows)
        // All that changes goes first: two units may have swapped their names at the upstream.
        for (id, row) in old where new[id] != row {
            try db.execute(sql: "DELETE FROM unit WHERE id = ?", arguments: [id.name])
        }
        for (id, row) in new where old[id] != row { try row.insert(db) }
    }

    private struct UnitRow: Equatable {
        let unit: Unit
        let isRemoved: Bool

        func insert(_ db: Database) throws {
            try db.execute(
                sql: """
                    INSERT INTO unit (id, upstream, upstream_unit, ln1_percent, ln2_percent,
                        frequency_weighting, time_weighting, rate, removed)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    unit.id.name, unit.upstream, unit.upstreamUnit, unit.ln1Percent,
                    unit.ln2Percent, unit.frequencyWeighting, unit.timeWeighting,
                    unit.rate.rawValue, isRemoved,
                ])
        }
    }

    private var rows: [UnitID: UnitRow] {
        units.mapValues { UnitRow(unit: $0, isRemoved: false) }
            .merging(removed.mapValues { UnitRow(unit: $0, isRemoved: true) }) { used, _ in used }
    }
}

extension Unit {
    /// `nil` for a row that no version of this program wrote.
    init?(row: Row) {
        guard let id = UnitID(row["id"] as String) else { return nil }
        self.init(
            id: id, upstream: row["upstream"], upstreamUnit: row["upstream_unit"],
            ln1Percent: row["ln1_percent"], ln2Percent: row["ln2_percent"],
            frequencyWeighting: row["frequency_weighting"], timeWeighting: row["time_weighting"],
            rate: Rate(rawValue: row["rate"]) ?? .auto)
    }
}
