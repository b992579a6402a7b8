//  StoreEngine.swift · Store
//
//  The one writer, without threads or timers: every step is a call, so that tests can cut the
//  power between any two of them. `LevelStore` is the shell around it.
//
//      append ─▶ waiting ──commit──▶ log + head ──seal──▶ L0 segment ──compact──▶ L1, one a UTC day
//               (memory)            (durable, and visible to readers from here on)

package import Monitoring

/// How the store behaves.
package struct StoreConfiguration: Sendable {
    /// How long frames are gathered before they are written and synced together.
    package var commitInterval: Duration = .seconds(1)
    /// Age at which heads are sealed.
    package var sealInterval: Duration = .seconds(900)
    /// Frames older than this are refused, segments deleted; in milliseconds.
    package var retentionMilliseconds: Int64 = 10 * 366 * 86_400_000
    /// Frames that wait in memory at most, for example while the disk is full. About 64 bytes each.
    /// Those beyond are lost, and told as a gap.
    package var waitingFramesMaximum = 1_000_000
    /// Frames that an import keeps in memory; more are written while it goes on. About 25 bytes
    /// each, twice as many while they are written.
    package var importedFramesMaximum = 2_000_000
    /// Kept on the disk as a file, and let go when the disk is full, so that registry and log can
    /// be written for a while longer; 0 for none.
    package var reserveBytes = 16 << 20
    /// Below this much free room raw frames of the oldest days go, rollups stay; 0 for never.
    package var freeBytesMinimum = 1 << 30

    package init() {}
}

/// Writes the store. Owned by one task at a time.
package final class StoreEngine {
    let disk: any Disk
    let configuration: StoreConfiguration
    let view: StoreView
    var log: WriteAheadLog
    var manifest: Manifest
    let files: SegmentFiles
    var nextGeneration: UInt64
    /// By `UnitRef`: the newest time in segments.
    var newestSealed: [Int64?]
    /// The UTC day whose past was last put in order, by midnight.
    var tidiedDay: Int64?
    let randomBits: () -> UInt64

    /// Accepted, not yet durable.
    private var waiting: [LoggedFrame] = []
    /// By `UnitRef`: the newest time accepted, durable or not.
    private var newestAccepted: [Int64?]
    /// Places in `waiting`; made when a late frame asks, dropped at the next commit.
    private var waitingPlaces: [Key: Int]?
    private var lookup = BlockLookup()
    /// Frames that came while memory was full.
    private var lost = LostFrames()
    var reserve: Reserve
    var pressure = DiskPressure()
    /// Files that no manifest lists any more.
    var discarded = DiscardedFiles()
    var deletions: DeletedFrames

    private struct Key: Hashable {
        let unit: UnitRef
        let time: Int64
    }

    /// A frame further ahead of the clock than this is refused.
    static let aheadMaximumMilliseconds: Int64 = 300_000

    init(
        disk: any Disk, configuration: StoreConfiguration, view: StoreView,
        log: consuming WriteAheadLog, manifest: Manifest, deletions: DeletedFrames,
        files: SegmentFiles, nextGeneration: UInt64, randomBits: @escaping () -> UInt64
    ) {
        self.disk = disk
        self.files = files
        self.configuration = configuration
        self.view = view
        self.log = log
        self.manifest = manifest
        self.deletions = deletions
        self.nextGeneration = nextGeneration
        self.randomBits = randomBits
        reserve = Reserve(disk: disk, bytes: configuration.reserveBytes)
        newestAccepted = view.withState { $0.newest }
        newestSealed = []
        for unit in manifest.units {
            if let newest = unit.newest { noteSealed(unit.ref, newest) }
        }
    }

    func noteSealed(_ ref: UnitRef, _ time: Int64) {
        while newestSealed.count <= Int(ref) { newestSealed.append(nil) }
        newestSealed[Int(ref)] = max(newestSealed[Int(ref)] ?? time, time)
    }

    var waitingCount: Int { waiting.count }

    /// Takes frames for the next commit. O(1) a frame, for a late one a block is read.
    ///
    /// - Throws: ``StoreError/full`` when too many wait already; nothing was taken then.
    package func append(_ frames: [Frame], now: Timestamp) throws(StoreError) -> AppendSummary {
        guard waiting.count + frames.count <= configuration.waitingFramesMaximum else {
            throw .full
        }
        var summary = AppendSummary()
        let newest = now.advanced(byMilliseconds: StoreEngine.aheadMaximumMilliseconds)
        let oldest = now.advanced(byMilliseconds: -configuration.retentionMilliseconds)
        for frame in frames {
            guard frame.time <= newest, frame.time >= oldest else {
                summary.rejected += 1
                continue
            }
            accept(frame, &summary)
        }
        noteWaiting()
        return summary
    }

    /// Takes note of frames that memory had no room for: they become a gap, which is told as soon
    /// as the disk can be written again.
    package func lose(_ frames: [Frame]) -> AppendSummary {
        for frame in frames { lost.add(frame.time) }
        var summary = AppendSummary()
        summary.lost = frames.count
        return summary
    }

    /// Takes frames of the log's end of which nobody knows whether they are durable, and writes them
    /// once more. If that fails they wait, like any others.
    func settle(_ frames: [LoggedFrame]) {
        for frame in frames {
            if let newest = newestAccepted[Int(frame.unit)], frame.time <= newest {
                if stored(frame.unit, at: frame.time) != nil { continue }
            } else {
                newestAccepted[Int(frame.unit)] = frame.time
            }
            waitingPlaces?[Key(unit: frame.unit, time: frame.time)] = waiting.count
            waiting.append(frame)
        }
        try? commit()
        // Counts are of what this process was given.
        view.withState { state in
            state.numbers.framesStored = 0
            state.numbers.commits = 0
        }
    }

    private func accept(_ frame: Frame, _ summary: inout AppendSummary) {
        let ref = reference(to: frame.unit)
        let time = frame.time.milliseconds
        // A meter that does not measure is in no measurement.
        let start = frame.state.contains(.measuring) ? frame.measurementStart : nil
        let logged = LoggedFrame(
            unit: ref, time: time, tenths: frame.levels.tenths, state: frame.state.rawValue,
            run: Run(start: start))
        if let newest = newestAccepted[Int(ref)], time <= newest {
            if let stored = stored(ref, at: time) {
                if stored == StoredValues(logged) {
                    summary.duplicates += 1
                } else {
                    summary.conflictsByUnit[frame.unit, default: 0] += 1
                }
                return
            }
        } else {
            newestAccepted[Int(ref)] = time
        }
        waitingPlaces?[Key(unit: ref, time: time)] = waiting.count
        waiting.append(logged)
        summary.accepted += 1
    }

    private func reference(to unit: UnitID) -> UnitRef {
        let ref = view.reference(to: unit)
        while newestAccepted.count <= Int(ref) { newestAccepted.append(nil) }
        return ref
    }

    private func stored(_ ref: UnitRef, at time: Int64) -> StoredValues? {
        if waitingPlaces == nil {
            waitingPlaces = Dictionary(
                waiting.enumerated().map { (Key(unit: $1.unit, time: $1.time), $0) },
                uniquingKeysWith: { first, _ in first })
        }
        if let place = waitingPlaces?[Key(unit: ref, time: time)] {
            return StoredValues(waiting[place])
        }
        guard let unit = view.unit(numbered: ref) else { return nil }
        return unit.head.stored(at: time) ?? lookup.stored(time, of: unit)
    }

    /// Forgets what was read of segments, because deletions changed what counts.
    func forgetLookups() { lookup = BlockLookup() }

    /// Makes everything accepted so far durable, then visible.
    ///
    /// - Throws: when the disk takes nothing; the frames stay in memory for the next try.
    package func commit() throws(DiskError) {
        guard !waiting.isEmpty else { return }
        do {
            try write()
        } catch {
            var reasons = [
                "\(waiting.count) frames wait in memory: \(error). "
                    + "Make room or mend the disk; writing resumes by itself."
            ]
            if let sentence = lost.sentence { reasons.append(sentence) }
            view.withState { [reasons] in $0.reasons = reasons }
            throw error
        }
        let durable = waiting
        waiting.removeAll(keepingCapacity: true)
        waitingPlaces = nil
        view.withState { state in
            for frame in durable {
                state.heads[Int(frame.unit)].insert(frame)
                state.noteNewest(frame.unit, frame.time)
            }
            state.reasons = []
            state.numbers.framesStored += UInt64(durable.count)
            state.numbers.commits += 1
            state.numbers.framesWaiting = 0
        }
        noteLog()
        tellLost()
    }

    /// A full disk is tried again at once, without the reserve.
    private func write() throws(DiskError) {
        let names = view.withState { $0.names }
        do {
            try log.append(waiting, names: { names[Int($0)]! }, salt: randomBits)
        } catch where error.kind == .full && reserve.release() {
            try log.append(waiting, names: { names[Int($0)]! }, salt: randomBits)
        }
    }

    private func tellLost() {
        guard let damage = lost.take() else { return }
        _ = view.note([damage])
        try? Quarantine(disk: disk).note([damage], about: "lost-\(damage.from!.milliseconds)")
    }

    private func noteWaiting() {
        let count = waiting.count
        view.withState { $0.numbers.framesWaiting = count }
    }

    func noteLog() {
        let (files, bytes) = (log.fileCount, log.bytes)
        view.withState { state in
            state.numbers.logFiles = files
            state.numbers.logBytes = bytes
        }
    }

    /// Takes note of a frame that came by another way than ``append(_:now:)``.
    func noteImported(_ ref: UnitRef, _ newest: Int64) {
        while newestAccepted.count <= Int(ref) { newestAccepted.append(nil) }
        newestAccepted[Int(ref)] = max(newestAccepted[Int(ref)] ?? newest, newest)
    }

    /// Frames in all heads together at which they are sealed before their time: about 100 MB.
    static let headFramesMaximum = 4_000_000

    /// True when a head, or all of them together, ask to be sealed before their time.
    var isSealDue: Bool {
        view.withState { state in
            state.heads.contains { $0.isFull }
                || state.heads.reduce(0) { $0 + $1.count } >= StoreEngine.headFramesMaximum
        }
    }

    /// A new number for a file, and random bits for its name.
    func nextIdentity() -> (generation: UInt64, uuid: SegmentUUID) {
        defer { nextGeneration += 1 }
        return (nextGeneration, SegmentUUID(high: randomBits(), low: randomBits()))
    }
}

/// Finds single frames in segments; keeps the last block read, because late frames come in rows.
private struct BlockLookup {
    private let reader = PageReader()
    private var cached: (segment: String, first: Int64, ref: UnitRef, columns: FrameColumns)?

    /// The values stored for `time`; `nil` when there are none, or their block is damaged.
    mutating func stored(_ time: Int64, of unit: UnitView) -> StoredValues? {
        var damage: [Damage] = []
        for segment in unit.segments.reversed()
        where segment.header.first <= time && time <= segment.header.last {
            let blocks = unit.blocks(in: segment, from: time, to: time, damage: &damage)
            for (file, block) in blocks {
                guard let columns = read(block, of: unit, in: segment, file),
                    let index = columns.index(at: time)
                else { continue }
                return StoredValues(columns, index)
            }
        }
        return nil
    }

    private mutating func read(
        _ block: BlockEntry, of unit: UnitView, in segment: Segment, _ file: any DiskFile
    ) -> FrameColumns? {
        if let cached, cached.segment == segment.name, cached.first == block.first,
            cached.ref == unit.ref
        {
            return cached.columns
        }
        guard let columns = try? segment.read(block, in: file, with: reader) else { return nil }
        let rest = columns.without(unit.tombstones, of: unit.ref, in: segment)
        cached = (segment.name, block.first, unit.ref, rest)
        return rest
    }
}
