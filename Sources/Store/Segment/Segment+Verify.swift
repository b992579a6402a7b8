//  Segment+Verify.swift · Store
//
//  Reading a whole segment to see whether it can be read: the scrubber and `store verify`.

import Monitoring

extension Segment {
    /// Reads the index, every directory and every page; less when its task is cancelled.
    ///
    /// - Returns: what cannot be read; empty for a segment in order.
    /// - Complexity: O(bytes).
    func verify() -> [Damage] {
        do {
            let file = try file()
            let reader = PageReader()
            return try contents().flatMap { row, name in
                Task.isCancelled ? [] : verify(row, of: name, in: file, with: reader)
            }
        } catch {
            return [
                Damage(
                    file: name, kind: "index", from: Timestamp(milliseconds: header.first),
                    to: Timestamp(milliseconds: header.last), detail: "\(error).")
            ]
        }
    }

    private func verify(
        _ row: UnitRow, of unit: UnitID, in file: any DiskFile, with reader: PageReader
    ) -> [Damage] {
        var damage: [Damage] = []
        do {
            for block in try blocks(of: row, in: file) {
                do {
                    _ = try read(block, in: file, with: reader)
                } catch {
                    damage.append(Damage(block, of: unit, in: self, error))
                }
            }
            for kind in RollupKind.allCases where row.rollups[kind].length > 0 {
                switch kind {
                case .hours, .fiveMinutes:
                    var rows = LevelRows()
                    try read(
                        kind, of: row, wanted: .all, in: file, with: reader, into: &rows)
                case .hourHistograms, .dayHistogram:
                    _ = try histograms(
                        kind, of: row, wanted: 0..<kind.rowCount, in: file, with: reader)
                }
            }
        } catch {
            damage.append(
                Damage(
                    file: name, kind: "page", unit: unit, from: Timestamp(milliseconds: row.first),
                    to: Timestamp(milliseconds: row.last), detail: "\(error)."))
        }
        return damage
    }
}
