//  UnitLookup.swift · Serve

import Hummingbird
import Monitoring

/// Finds the unit that a request's path names.
struct UnitLookup: Sendable {
    static let rule =
        "must be 1 to 64 of A-Z, a-z, 0-9, _ and -, or that with @ and a host behind it"

    let directory: any UnitDirectory
    let counts: ServeCounts

    /// The unit that the path names, whether there is one or not.
    ///
    /// - Throws: 400 for what cannot be a unit's name.
    func id(_ context: RequestScope) throws(Problem) -> UnitID {
        try id(pathSegment: context.parameters.get("unit") ?? "")
    }

    /// - Throws: 400 for what cannot be a unit's name, 404 for what is none.
    func unit(_ context: RequestScope) async throws -> Unit {
        try await unit(pathSegment: context.parameters.get("unit") ?? "")
    }

    /// - Parameter pathSegment: as it stands in the request's path, escaped or not.
    func unit(pathSegment: some StringProtocol) async throws -> Unit {
        guard let unit = try await directory.unit(try id(pathSegment: pathSegment)) else {
            throw Problem.notFound
        }
        return unit
    }

    private func id(pathSegment: some StringProtocol) throws(Problem) -> UnitID {
        guard let id = UnitID(pathSegment: pathSegment) else {
            counts.hit(.unitName)
            throw .malformed("unit", UnitLookup.rule)
        }
        return id
    }
}

extension UnitID {
    /// A unit's id as it stands in a path; browsers escape the `@` and `:` of some ids (RFC 3986).
    init?(pathSegment text: some StringProtocol) {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2).map { Character(UnicodeScalar($0)).hexDigitValue }
            guard digits.count == 2, let high = digits[0], let low = digits[1] else { return nil }
            bytes.append(UInt8(high << 4 | low))
            rest = rest.dropFirst(2)
        }
        self.init(String(decoding: bytes, as: UTF8.self))
    }
}
