//  Energy.swift · Monitoring
//
//  Levels as energies by table: a `pow` for each of millions of samples would be the whole cost.

/// Mean-square pressures relative to p₀² of levels in the range that meters have.
enum Energy {
    /// −50 … 200 dB in tenths.
    static let tabled: ClosedRange<Int16> = -500...2000
    static let table: [Double] = tabled.map { Level(tenths: $0).energy }
    /// 10^(k/10,000), k = 0 … 99: what thousandths add to whole tenths.
    private static let thousandths: [Double] = (0..<100).map {
        Level.energy(ofDecibels: Double($0) / 1000)
    }

    static func of(_ tenths: Int16) -> Double {
        tabled.contains(tenths)
            ? table[Int(tenths) - Int(tabled.lowerBound)] : Level(tenths: tenths).energy
    }

    /// Of a level in thousandths of a decibel.
    static func of(thousandths level: Int) -> Double {
        let tenths = Int(floorDivide(Int64(level), by: 100))
        guard tabled.contains(Int16(clamping: tenths)) else {
            return Level.energy(ofDecibels: Double(level) / 1000)
        }
        return table[tenths - Int(tabled.lowerBound)] * thousandths[level - tenths * 100]
    }
}
