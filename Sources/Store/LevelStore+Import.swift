//  LevelStore+Import.swift · Store
//
//  TEMPORARY: imports gathered in memory and stored by `importFrames`.

package import Monitoring

extension LevelStore: FrameImporter {
    package func beginImport() async throws(StoreError) -> any FrameImport {
        GatheredImport(store: self)
    }
}

private actor GatheredImport: FrameImport {
    private let store: LevelStore
    private var parts: [(UnitID, FrameColumns)] = []

    init(store: LevelStore) { self.store = store }

    nonisolated var times: TimeRange {
        TimeRange(
            start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: 4_102_444_800_000))!
    }

    func add(_ frames: FrameColumns, of unit: UnitID) async throws(StoreError) {
        parts.append((unit, frames))
    }

    func finish() async throws(StoreError) -> AppendSummary {
        do {
            var summary = AppendSummary()
            for (unit, frames) in parts { summary += try await store.importFrames([unit: frames]) }
            return summary
        } catch {
            throw .failed("\(error)")
        }
    }

    func cancel() async { parts = [] }
}
