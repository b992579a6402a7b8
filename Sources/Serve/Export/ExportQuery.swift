//  ExportQuery.swift · Serve
//
//  What a request to export asks for.

import Hummingbird
import Monitoring

/// Frames that are to be exported.
struct ExportQuery {
    let units: [UnitID]
    let range: TimeRange
    let format: ExportRows.Format

    /// Records name their units by numbers, which an answer's header tells.
    static let unitsOfRecordsMaximum = 100

    /// Every instant that frames can have.
    private static let earliest = Timestamp(milliseconds: -62_135_596_800_000)
    private static let latest = Timestamp(milliseconds: 253_402_300_800_000)

    /// - Parameter known: all units, sorted; what is exported when none is named.
    /// - Throws: 400 for what cannot be read, 422 for what is out of range or not known.
    init(_ request: Request, known: [UnitID]) throws(Problem) {
        let query = QueryText(request)
        let word = try query.word("format", of: ExportRows.Format.allCases.map(\.rawValue))
        format = word.flatMap(ExportRows.Format.init) ?? .csv
        let from = try query.time("from") ?? ExportQuery.earliest
        let to = try query.time("to") ?? ExportQuery.latest
        guard from < to, let range = TimeRange(start: from, end: to) else {
            throw .unprocessable("to", "must be after from")
        }
        self.range = range
        units = try ExportQuery.units(query, known) ?? known
        if format == .records, units.count > ExportQuery.unitsOfRecordsMaximum {
            let most = ExportQuery.unitsOfRecordsMaximum
            throw .unprocessable(
                "units", "are \(units.count); binary exports have at most \(most), so name some")
        }
    }

    private static func units(
        _ query: QueryText, _ known: [UnitID]
    ) throws(Problem) -> [UnitID]? {
        var named: [(parameter: String, name: Substring)] = []
        for name in try query.texts("unit") { named.append(("unit", name)) }
        for list in try query.texts("units") {
            for name in list.split(separator: ",", omittingEmptySubsequences: false) {
                named.append(("units", name))
            }
        }
        guard !named.isEmpty else { return nil }
        let all = Set(known)
        var units: [UnitID] = []
        var seen: Set<UnitID> = []
        for (parameter, name) in named {
            let unit = try all.member(parameter, name)
            if seen.insert(unit).inserted { units.append(unit) }
        }
        return units
    }
}
