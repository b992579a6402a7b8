//  Fakes.swift · ServeTests
//
//  The other stages, in memory.

import Monitoring
import Support
import Synchronization

@testable import Serve

extension UnitID: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(value)! }
}

final class FakeDirectory: UnitDirectory {
    private let stored: Mutex<[Unit]>
    init(_ units: [Unit]) { stored = Mutex(units) }
    func set(_ units: [Unit]) { stored.withLock { $0 = units } }
    func units() async throws -> [Unit] { stored.withLock { $0 } }
    func upstreams() async throws -> [Upstream] { [] }
    func revision() async throws -> Int64 { 0 }
    func adopt(_ upstreamUnits: [String], of upstream: Upstream) async throws -> [Unit] { [] }
    func update(_ unit: Unit) async throws {
        stored.withLock { stored in
            if let index = stored.firstIndex(where: { $0.id == unit.id }) { stored[index] = unit }
        }
    }
    func remove(_ unit: UnitID) async throws -> Bool {
        stored.withLock { stored in
            defer { stored.removeAll { $0.id == unit } }
            return stored.contains { $0.id == unit }
        }
    }
}

/// Keeps frames in an array and counts them as the store would.
final class FakeHistory: LevelHistory {
    private let stored: Mutex<[Frame]>
    private let complete = Mutex<Timestamp?>(nil)
    let damage: [Damage]
    /// What ``meterIntervals(of:in:limit:)`` chooses from, by `to`.
    let intervals: [MeterInterval]

    init(_ frames: [Frame] = [], intervals: [MeterInterval] = [], damage: [Damage] = []) {
        stored = Mutex(frames)
        self.intervals = intervals
        self.damage = damage
        complete.withLock { $0 = frames.last?.time }
    }

    func setCompleteUntil(_ time: Timestamp?) { complete.withLock { $0 = time } }
    func completeUntil(_ unit: UnitID) -> Timestamp? { complete.withLock { $0 } }

    func frames(of unit: UnitID, in range: TimeRange, limit: Int) async throws -> StoredFrames {
        let all = stored.withLock { $0 }.filter { $0.unit == unit && range.contains($0.time) }
        return StoredFrames(
            columns: FrameColumns(Array(all.prefix(limit))), hasMore: all.count > limit,
            completeUntil: completeUntil(unit), damage: damage)
    }

    func buckets(_ question: BucketQuestion) async throws -> StoredBuckets {
        var buckets = LevelBuckets(
            edges: question.edges, range: question.range, metrics: MetricSet(question.metrics),
            histograms: question.histograms)
        buckets.add(FrameColumns(stored.withLock { $0 }.filter { $0.unit == question.unit }))
        return StoredBuckets(
            buckets: buckets, source: .raw, completeUntil: completeUntil(question.unit),
            damage: damage)
    }

    func meterIntervals(
        of unit: UnitID, in range: TimeRange, limit: Int
    ) async throws -> StoredIntervals {
        let found = intervals.filter { range.contains($0.to) }
        return StoredIntervals(
            intervals: Array(found.prefix(limit)), hasMore: found.count > limit,
            completeUntil: completeUntil(unit), damage: damage)
    }
}

final class FakeFeed: LiveFeed {
    private struct State {
        var states: [UnitID: LiveState] = [:]
        var recent: [UnitID: [Frame]] = [:]
    }
    private let stored = Mutex(State())
    private let stream: AsyncStream<[LiveUpdate]>
    private let continuation: AsyncStream<[LiveUpdate]>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func state(of unit: UnitID) -> LiveState { stored.withLock { $0.states[unit] ?? LiveState() } }
    func recent(_ unit: UnitID, after time: Timestamp?) -> [Frame] {
        let frames = stored.withLock { $0.recent[unit] ?? [] }
        return time.map { time in frames.filter { $0.time > time } } ?? frames
    }
    func updates() -> AsyncStream<[LiveUpdate]> { stream }

    /// Knows `updates`; tells of them only if `tells`.
    func publish(_ updates: [LiveUpdate], tells: Bool = true) {
        stored.withLock { state in
            for update in updates {
                switch update {
                case .frame(let frame):
                    state.states[frame.unit, default: LiveState()].newest = frame
                    state.recent[frame.unit, default: []].append(frame)
                case .feed(let unit, let report):
                    state.states[unit, default: LiveState()].feed = report
                case .event: break
                }
            }
        }
        if tells { continuation.yield(updates) }
    }

    /// Shows `frame` as the newest, without it being recent: as after a start.
    func restore(_ frame: Frame) {
        stored.withLock { $0.states[frame.unit, default: LiveState()].newest = frame }
    }
}

final class FakeDemand: Demand {
    let happenings = Happenings<String>()
    func begin(_ unit: UnitID) { happenings.add("begin \(unit)") }
    func end(_ unit: UnitID) { happenings.add("end \(unit)") }
    func setRuleNeeds(_ units: Set<UnitID>) {}
}

final class FakeTokens: TokenDirectory {
    private let stored: Mutex<[String: AccessToken]>

    init(_ secrets: [String: Int64] = ["secret": 7], scope: AccessToken.Scope = .viewer) {
        stored = Mutex(
            secrets.mapValues {
                AccessToken(
                    id: $0, name: "test", scope: scope, created: Timestamp(milliseconds: 0),
                    expires: nil)
            })
    }

    func revoke(_ secret: String) { stored.withLock { $0[secret] = nil } }
    func token(withSecretHash hash: [UInt8]) async throws -> AccessToken? {
        stored.withLock { $0 }.first { Digest.sha256($0.key.utf8) == hash }?.value
    }
    func token(withID id: Int64) async throws -> AccessToken? {
        stored.withLock { $0 }.values.first { $0.id == id }
    }
}

struct FakeStoreHealth: StoreHealth {
    var stored: [String] = []
    var parts: [Damage] = []
    var remarks: [String] = []
    func reasons() -> [String] { stored }
    func warnings() -> [String] { remarks }
    func damage() -> [Damage] { parts }
    var numbers = StoreStatistics()
    func statistics() -> StoreStatistics { numbers }
}

struct FakePipeline: PipelineHealth {
    var counts = PipelineCounts()
}

struct FakeUpstreams: UpstreamHealth {
    var statuses: [UpstreamStatus] = []
    func upstreams() -> [UpstreamStatus] { statuses }
}

struct FakeUnitHealth: UnitHealth {
    var reports: [UnitID: UnitReport] = [:]
    func report(of unit: UnitID) -> UnitReport? { reports[unit] }
}

struct FakeFaults: FaultCounts {
    var counts: [UnitID: [FaultReason: UInt64]] = [:]
    func faults(of unit: UnitID) -> [FaultReason: UInt64] { counts[unit] ?? [:] }
}

extension Frame {
    /// A frame of unit `a` with the given tenths of `lp`; the other metrics follow from it.
    static func sample(
        _ unit: UnitID = "a", at time: Timestamp, lp: Int16? = 571, state: FrameState = .measuring,
        start: Timestamp? = nil
    ) -> Frame {
        var levels = Levels()
        if let lp {
            levels[.lp] = Level(tenths: lp)
            levels[.leq] = Level(tenths: lp - 10)
            levels[.lmax] = Level(tenths: lp + 100)
            levels[.lmin] = Level(tenths: lp - 100)
        }
        return Frame(
            unit: unit, time: time, levels: levels, state: state, measurementStart: start)
    }
}

extension Timestamp: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(rfc3339: value)! }
}
