//  ImportUnits.swift · Serve
//
//  Which unit a row is of: by its own word, by the query's, or by its number.

import Monitoring

/// The units that rows of one import may be of.
struct ImportUnits {
    /// Why a row cannot be of a unit.
    enum Refusal: Error, Equatable {
        case malformed
        case unknown(String)
        /// Neither the row nor the query names one.
        case unnamed

        var reason: String {
            switch self {
            case .malformed: "unit \(UnitLookup.rule)"
            case .unknown(let name): "unit \(name) is not known; provision it first"
            case .unnamed: "names no unit, and neither does the query"
            }
        }
    }

    private let known: Set<UnitID>
    private let intake: ImportIntake
    private var lanes: [String: Int] = [:]
    /// The lane of rows that name no unit.
    private(set) var fallback: Int?
    private var lastName: [UInt8] = []
    private var lastLane = 0

    /// - Parameters:
    ///   - known: the units of the directory.
    ///   - unit: the query's, one of `known`.
    init(known: Set<UnitID>, unit: UnitID?, intake: ImportIntake) {
        self.known = known
        self.intake = intake
        if let unit { fallback = lane(of: unit) }
    }

    /// The lane of `unit`, which is known.
    mutating func lane(of unit: UnitID) -> Int {
        if let lane = lanes[unit.name] { return lane }
        let lane = intake.addLane(of: unit)
        lanes[unit.name] = lane
        return lane
    }

    /// Lanes of units by number, made in the order of the numbers.
    mutating func lanes(of numbers: [UInt16: UnitID]) -> [UInt16: Int] {
        var lanes: [UInt16: Int] = [:]
        for (number, unit) in numbers.sorted(by: { $0.key < $1.key }) {
            lanes[number] = lane(of: unit)
        }
        return lanes
    }

    /// The lane of rows that name no unit.
    func unnamed() throws(Refusal) -> Int {
        guard let fallback else { throw .unnamed }
        return fallback
    }

    /// The lane of the unit of this name. Nearly always that of the row before.
    mutating func lane(named bytes: UnsafeRawBufferPointer) throws(Refusal) -> Int {
        if bytes.count == lastName.count, lastName.elementsEqual(bytes) { return lastLane }
        let name = String(decoding: bytes, as: UTF8.self)
        let found: Int
        if let lane = lanes[name] {
            found = lane
        } else {
            guard let unit = UnitID(name) else { throw .malformed }
            guard known.contains(unit) else { throw .unknown(name) }
            found = lane(of: unit)
        }
        lastName = Array(bytes)
        lastLane = found
        return found
    }
}
