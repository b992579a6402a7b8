//  StoreView+Damage.swift · Store
//
//  What is known to be missing, for `/readyz` and for the answers that miss it.

import Monitoring

extension StoreView {
    /// More is not kept: a disk that is that broken needs no longer list.
    private static let damageMaximum = 1000

    /// Takes note of damage.
    /// - Returns: what was not known yet.
    func note(_ damage: [Damage]) -> [Damage] {
        withState { state in
            let new = damage.filter { !state.damage.contains($0) }
            state.damage += new.prefix(max(0, StoreView.damageMaximum - state.damage.count))
            return new
        }
    }

    /// Takes back what was known of the pages of a file.
    func forgetPages(of file: String) {
        withState { $0.damage.removeAll { $0.kind == "page" && $0.file == file } }
    }

    /// What frames of `unit` in `range` may be missing because of whole files and records that are
    /// lost. Damaged pages are found where they are read.
    func missing(of unit: UnitID, in range: TimeRange) -> [Damage] {
        withState { state in
            state.damage.filter { damage in
                guard ["missing", "index", "wal", "lost"].contains(damage.kind),
                    damage.unit == nil || damage.unit == unit
                else { return false }
                // Of a file that nobody could read it is not known what was in it.
                return (damage.from ?? range.start) < range.end
                    && (damage.to ?? range.start) >= range.start
            }
        }
    }
}
