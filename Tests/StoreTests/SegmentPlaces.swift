//  SegmentPlaces.swift · StoreTests
//
//  Where things stand in a segment, for tests that damage them.

@testable import Store

extension Segment {
    /// The blocks of all units.
    func blocks() throws -> [BlockEntry] {
        let file = try file()
        return try contents().flatMap { try blocks(of: $0.row, in: file) }
    }

    /// The pages of all units, those of rollups too.
    func pages() throws -> [PagePlace] {
        try blocks().flatMap { $0.pages.map(\.place) }
            + contents().flatMap { content in
                RollupKind.allCases.map { content.row.rollups[$0] }
            }.filter { $0.length > 0 }
    }
}
