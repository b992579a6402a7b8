//  FrameStore.swift · Monitoring
//
//  Pipeline → store, and store → serve.

/// Where the pipeline hands over what must survive a crash.
package protocol FrameStore: Sendable {
    /// Appends `frames`, oldest first within each unit, all or nothing.
    ///
    /// On return they will be written by the next group commit, and are not yet answered by
    /// history. A frame whose unit and time are stored already is dropped when its values are the
    /// same, refused when they differ: the first write wins. Times may go back: whether a frame is
    /// late is said by its origin, which is stored as it is given. While the disk takes nothing,
    /// frames wait in memory up to a bound; those beyond are lost, so that live goes on.
    /// - Throws: ``StoreError/stopped`` after a stop.
    @discardableResult
    func append(_ frames: [Frame]) async throws(StoreError) -> AppendSummary

    /// Makes everything appended so far survive power loss.
    func flush() async throws(StoreError)
}

/// What became of appended frames; the five add up to their number.
package struct AppendSummary: Hashable, Sendable {
    package var accepted = 0
    /// Stored already, with the same values.
    package var duplicates = 0
    /// Stored already, with other values: refused. By unit; usually empty.
    package var conflictsByUnit: [UnitID: Int] = [:]
    /// Outside the times that the store takes.
    package var rejected = 0
    /// The disk takes nothing and memory no more: a gap, which the store tells.
    package var lost = 0

    package var conflicts: Int { conflictsByUnit.values.reduce(0, +) }

    package init() {}
    package static func += (a: inout AppendSummary, b: AppendSummary) {
        a.accepted += b.accepted
        a.duplicates += b.duplicates
        a.conflictsByUnit.merge(b.conflictsByUnit, uniquingKeysWith: +)
        a.rejected += b.rejected
        a.lost += b.lost
    }
}

/// Why frames could not be taken.
package enum StoreError: Error, Hashable, Sendable {
    /// The disk has no room, or as many frames wait in memory as may.
    case full
    /// Writing failed; the store goes on with new files by itself.
    case failed(String)
    /// The store was stopped.
    case stopped
}

/// Stored levels, for charts and exports. Every frame answered here is on disk.
package protocol LevelHistory: Sendable {
    /// The time of the unit's newest frame that is on disk; `nil` before the first.
    func completeUntil(_ unit: UnitID) -> Timestamp?

    /// The frames of `unit` in `range`, oldest first, at most `limit` (> 0).
    ///
    /// A unit without frames gives an empty answer: whether a unit exists is the directory's word.
    func frames(of unit: UnitID, in range: TimeRange, limit: Int) async throws -> StoredFrames

    /// Levels of a unit by buckets.
    func buckets(_ question: BucketQuestion) async throws -> StoredBuckets

    /// The meter intervals of `unit` that end in `range`, oldest first, at most `limit` (> 0);
    /// the one still open is among them when it touches the range.
    func meterIntervals(
        of unit: UnitID, in range: TimeRange, limit: Int
    ) async throws -> StoredIntervals
}

/// Frames of one unit as they are on disk.
package struct StoredFrames: Sendable {
    package var columns: FrameColumns
    /// True when frames of the range remain after the last one.
    package var hasMore: Bool
    /// See ``LevelHistory/completeUntil(_:)``, of the same instant as the frames.
    package var completeUntil: Timestamp?
    /// What could not be read.
    package var damage: [Damage]

    package init(
        columns: FrameColumns, hasMore: Bool, completeUntil: Timestamp?, damage: [Damage]
    ) {
        self.columns = columns
        self.hasMore = hasMore
        self.completeUntil = completeUntil
        self.damage = damage
    }
}

/// What buckets are asked for.
package struct BucketQuestion: Sendable {
    package let unit: UnitID
    package let range: TimeRange
    /// As for ``LevelBuckets/init(edges:range:)``.
    package let edges: [Int64]
    /// The metrics whose extremes and last values are wanted. Energy means, samples and times of
    /// `lp` are always answered.
    package let metrics: [Metric]
    /// LN wanted by bucket: percentages, 1 … 99.
    package let exceedances: [Int]
    /// Covered time by level is wanted: LN and the time above a limit follow from it.
    package let histograms: Bool

    /// - Parameter histograms: whether histograms are wanted without LN, too.
    package init(
        unit: UnitID, range: TimeRange, edges: [Int64], metrics: [Metric] = Metric.allCases,
        exceedances: [Int] = [], histograms: Bool = false
    ) {
        self.unit = unit
        self.range = range
        self.edges = edges
        self.metrics = metrics
        self.exceedances = exceedances
        self.histograms = histograms || !exceedances.isEmpty
    }
}

/// What an answer in buckets was made of: the coarsest rows that give the same as frames.
package enum BucketSource: String, Hashable, Sendable {
    case raw
    /// Rows of 5 minutes; frames at the edges and where there are no rows yet.
    case fiveMinutes = "5min"
    /// Rows of an hour, likewise.
    case hours = "1h"
}

/// Buckets of one unit, made of frames on disk.
package struct StoredBuckets: Sendable {
    package var buckets: LevelBuckets
    package var source: BucketSource
    package var completeUntil: Timestamp?
    package var damage: [Damage]

    package init(
        buckets: LevelBuckets, source: BucketSource, completeUntil: Timestamp?, damage: [Damage]
    ) {
        self.buckets = buckets
        self.source = source
        self.completeUntil = completeUntil
        self.damage = damage
    }
}

/// A part of the store that cannot be read. It costs what is named here and nothing else.
package struct Damage: Hashable, Sendable {
    /// File name inside the store folder.
    package let file: String
    /// `missing`, `header`, `index`, `page`, `wal`, `manifest`; `lost`: never written.
    package let kind: String
    /// `nil` when it concerns a whole file.
    package let unit: UnitID?
    package let from: Timestamp?
    package let to: Timestamp?
    /// A sentence for the operator.
    package let detail: String

    package init(
        file: String, kind: String, unit: UnitID? = nil, from: Timestamp? = nil,
        to: Timestamp? = nil, detail: String
    ) {
        self.file = file
        self.kind = kind
        self.unit = unit
        self.from = from
        self.to = to
        self.detail = detail
    }
}
