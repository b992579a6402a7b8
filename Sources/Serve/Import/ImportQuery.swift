//  ImportQuery.swift · Serve
//
//  What a request to import says beside its body.

import HTTPTypes
import Hummingbird
import Monitoring

/// What a body is said to be, and whose.
struct ImportQuery {
    enum Format: String, CaseIterable {
        case csv = "text/csv"
        case ndjson = "application/x-ndjson"
        case records = "application/vnd.earshot.frames"
    }

    let format: Format
    /// Of all rows that name no unit themselves.
    let unit: UnitID?
    /// Units by the numbers that records have.
    let numbers: [UInt16: UnitID]

    /// - Throws: 415 for another media type or an encoding, 400 for what cannot be read, 422 for a
    ///   unit that is none of `known`.
    init(_ request: Request, known: Set<UnitID>) throws(Problem) {
        format = try ImportQuery.format(request.headers)
        let query = QueryText(request)
        if let name = try query.text("unit") {
            unit = try known.member("unit", name)
        } else {
            unit = nil
        }
        numbers = try ImportQuery.numbers(query, known)
        if format == .records {
            guard unit != nil || !numbers.isEmpty else {
                throw .malformed("unit", "or units is missing: records have numbers only")
            }
            if unit != nil, !numbers.isEmpty {
                throw .malformed("units", "and unit exclude each other")
            }
        } else if !numbers.isEmpty {
            throw .malformed("units", "goes with \(Format.records.rawValue) only")
        }
    }

    private static func format(_ fields: HTTPFields) throws(Problem) -> Format {
        let type = fields[.contentType]?.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard let format = type.flatMap(Format.init) else {
            let types = Format.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(status: .unsupportedMediaType, detail: "Send one of \(types).")
        }
        guard fields[.contentEncoding] == nil else {
            throw Problem(
                status: .unsupportedMediaType, detail: "Send it without Content-Encoding.")
        }
        return format
    }

    /// `1:NL43-0001,2:NL43-0002`
    private static func numbers(
        _ query: QueryText, _ known: Set<UnitID>
    ) throws(Problem) -> [UInt16: UnitID] {
        guard let text = try query.text("units") else { return [:] }
        var numbers: [UInt16: UnitID] = [:]
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = entry.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let number = UInt16(parts[0]) else {
                throw .malformed("units", "must be like 1:NL43-0001,2:NL43-0002")
            }
            let unit = try known.member("units", parts[1])
            guard numbers.updateValue(unit, forKey: number) == nil else {
                throw .malformed("units", "has the number \(number) twice")
            }
        }
        return numbers
    }
}

extension Set<UnitID> {
    /// The unit that a parameter names.
    ///
    /// - Throws: 400 for what cannot be a unit's id, 422 for one that is not known.
    func member(_ parameter: String, _ name: some StringProtocol) throws(Problem) -> UnitID {
        guard let unit = UnitID(name) else { throw .malformed(parameter, UnitLookup.rule) }
        guard contains(unit) else {
            throw .unprocessable(
                parameter, "names \(unit), which is not known; add it with earshot provision first")
        }
        return unit
    }
}
