//  MeterReading.swift · Simulator

/// The values that a meter displays at one instant, and that one DOD line carries for channel 1.
struct MeterReading: Hashable, Sendable {
    /// Positions in the DOD line.
    enum Field: Int, CaseIterable {
        case lp, leq, soundExposure, lmax, lmin, ln1, ln2, ln3, ln4, ln5, lpeak
        case impulseLeq, movingLeq, maximumOf5Seconds
    }

    /// Tenths of a decibel by ``Field``; `none` where the meter shows no value.
    private(set) var tenths: SIMD16<Int16>
    /// The input was over range within the measurement.
    var isOver = false
    /// The input was under range.
    var isUnder = false

    static let none = Int16.min

    init() { tenths = SIMD16(repeating: MeterReading.none) }

    /// `nil` where the meter shows `-.-`.
    subscript(field: Field) -> Int16? {
        get {
            let value = tenths[field.rawValue]
            return value == MeterReading.none ? nil : value
        }
        set { tenths[field.rawValue] = newValue ?? MeterReading.none }
    }
}
