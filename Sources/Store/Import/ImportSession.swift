//  ImportSession.swift · Store
//
//  One import: gathers frames by day, writes full days to temporary segments while more come in,
//  and publishes all of them at its end. Works beside the store's writer, which only publishes.
//
//      add ─▶ days in memory ──too many──▶ tmp/import-… ──finish──▶ seg/, one MANIFEST
//                     └──few at the end──▶ the log, as any other frames

import Monitoring

/// See ``FrameImport``.
actor ImportSession: FrameImport {
    nonisolated let times: TimeRange
    private let store: LevelStore
    private let view: StoreView
    private let disk: any Disk
    /// Distinguishes its temporary files.
    private let number: UInt64
    private let lsnMaximum: UInt64
    private let bufferedMaximum: Int
    private var random: SplitMix64
    private var days: [Int64: ImportedDay] = [:]
    private var bufferedCount = 0
    /// The day that frames came of last: it is not written before others.
    private var latest: Int64?
    private var summary = AppendSummary()
    private var written: [Segment] = []
    private var newest: [UnitRef: Int64] = [:]
    private var fileCount = 0
    private var writing: Task<[ImportedDay.Written], any Error>?
    private var isOver = false

    /// Fewer frames than this go through the log: a file of their own would cost more.
    static let logMaximum = 10_000

    init(store: LevelStore, start: LevelStore.ImportStart) {
        self.store = store
        view = start.view
        disk = start.disk
        number = start.number
        times = start.times
        lsnMaximum = start.lsnMaximum
        bufferedMaximum = start.bufferedMaximum
        random = SplitMix64(seed: start.number)
    }

    func add(_ frames: FrameColumns, of unit: UnitID) async throws(StoreError) {
        guard !isOver else { throw .stopped }
        let ref = view.reference(to: unit)
        for (midnight, part) in frames.byDay() {
            days[midnight, default: ImportedDay(midnight: midnight)]
                .add(part, of: ref, named: unit)
            latest = midnight
        }
        bufferedCount += frames.count
        guard bufferedCount >= bufferedMaximum else { return }
        let full = days.keys.filter { $0 != latest || days.count == 1 }
        try await write(full)
    }

    func finish() async throws(StoreError) -> AppendSummary {
        guard !isOver else { throw .stopped }
        if written.isEmpty, writing == nil, bufferedCount < ImportSession.logMaximum {
            isOver = true
            return try await store.importThroughLog(days.values.sorted { $0.midnight < $1.midnight })
        }
        try await write(Array(days.keys))
        try await settle()
        isOver = true
        let result: AppendSummary
        do {
            try await store.publish(written, newest: newest, accepted: summary.accepted)
            result = summary
        } catch {
            removeFiles()
            throw StoreError(error)
        }
        return result
    }

    func cancel() async {
        guard !isOver else { return }
        isOver = true
        _ = try? await writing?.value
        removeFiles()
        days = [:]
    }

    /// Writes days, oldest first, beside whatever comes next. Waits for those written before.
    private func write(_ midnights: [Int64]) async throws(StoreError) {
        try await settle()
        let batch = midnights.sorted().map { days.removeValue(forKey: $0)! }
        bufferedCount -= batch.reduce(0) { $0 + $1.count }
        let jobs = batch.map { day in
            defer { fileCount += 1 }
            return (
                day: day, name: "tmp/import-\(number)-\(fileCount)",
                uuid: SegmentUUID(high: random.next(), low: random.next())
            )
        }
        let (disk, view, before, lsnMaximum) = (disk, view, written, lsnMaximum)
        // Awaited by the next write, by finish and by cancel.
        writing = Task {
            try jobs.map { job in
                try job.day.write(
                    to: job.name, uuid: job.uuid, lsnMaximum: lsnMaximum, on: disk, view: view,
                    after: before.filter { $0.header.first == job.day.midnight })
            }
        }
    }

    private func settle() async throws(StoreError) {
        guard let task = writing else { return }
        writing = nil
        do {
            for part in try await task.value {
                summary += part.summary
                newest.merge(part.newest, uniquingKeysWith: max)
                if let segment = part.segment { written.append(segment) }
            }
        } catch {
            isOver = true
            removeFiles()
            throw StoreError(error)
        }
    }

    private func removeFiles() {
        for file in 0..<fileCount { try? disk.remove("tmp/import-\(number)-\(file)") }
    }
}

extension StoreError {
    /// What went wrong below, as the other stages are told it.
    init(_ error: any Error) {
        switch error {
        case let error as StoreError: self = error
        case let error as DiskError where error.kind == .full: self = .full
        default: self = .failed("\(error)")
        }
    }
}
