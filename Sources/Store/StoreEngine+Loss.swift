//  StoreEngine+Loss.swift · Store
//
//  Pages that cannot be read, let go of on request: what holds them is written anew without them,
//  and the file that had them is set aside.

import Monitoring

extension StoreEngine {
    /// Writes anew what holds pages that cannot be read. Rollups are made again from frames; where
    /// the frames were let go, the unit's rollups of that day are lost with the one that is damaged.
    ///
    /// - Returns: what is not named any more.
    /// - Complexity: O(bytes in segments).
    func acceptDamagedPages() throws -> [Damage] {
        let segments = view.withState { $0.segments }
        var found: [String: [Damage]] = [:]
        for segment in segments {
            let damage = segment.verify()
            if !damage.isEmpty { found[segment.name] = damage }
        }
        guard !found.isEmpty else { return [] }
        let units = found.mapValues { Set($0.compactMap(\.unit)) }
        let refs = view.withState { state in
            Set(units.values.joined().compactMap { state.refs[$0] })
        }
        let sealed = segments.filter { $0.level == 0 && found[$0.name] != nil }
        let damaged = Set(found.keys)
        if !sealed.isEmpty {
            _ = try merge(sealed, all: segments, rewritten: refs, damaged: damaged)
        }
        for (_, generations) in StoreEngine.daily(view.withState { $0.segments })
        where generations.contains(where: { found[$0.name] != nil }) {
            _ = try merge([], all: generations, rewritten: refs, damaged: damaged)
        }
        for segment in segments where !segment.header.holdsFrames {
            guard let lost = units[segment.name] else { continue }
            try keepRollups(of: segment, without: lost)
        }
        let quarantine = Quarantine(disk: disk)
        for name in found.keys {
            quarantine.forget(name)
            quarantine.forget(name + Scrubber.pages)
        }
        return segments.flatMap { found[$0.name] ?? [] }
    }
}
