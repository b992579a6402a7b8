//  SystemView.swift · Serve
//
//  How Earshot itself is doing, for whoever runs it. `/metrics` has the same for programs.

import Monitoring

/// How Earshot itself is doing.
struct SystemView {
    let readiness: Readiness
    let statistics: StoreStatistics
    let pipeline: PipelineCounts
    let deliveries: DeliveryPage
    let usage: ProcessUsage
    let counts: ServeCounts
    let version: String
    let now: Timestamp

    /// The most damaged parts that are named.
    static let damageMaximum = 100

    /// Everything as it is now.
    init(_ sources: OperatorListener.Sources, counts: ServeCounts, version: String) async throws {
        readiness = try await Readiness(
            store: sources.store, pipeline: sources.pipeline, rules: sources.rules,
            upstreams: sources.upstreams)
        statistics = sources.store.statistics()
        pipeline = sources.pipeline.counts
        deliveries = try await sources.recipients.deliveries(.counts)
        usage = ProcessUsage()
        self.counts = counts
        self.version = version
        now = sources.clock.now
    }

    /// What the template names:
    ///
    /// - `health`, `health_look`, `health_words`; `reasons`, `has_reasons`: sentences.
    /// - `upstreams`, `has_upstreams`: see ``row(_:)``.
    /// - `damage`, `has_damage`: `file`, `kind`, `unit`, `detail`; `damage_rest`: a sentence, or
    ///   empty.
    /// - `segments`: `level`, `count`, `bytes`, `share` (0 to 100).
    /// - `store`, `pipeline`, `serving`, `program`: facts, `words` and `value`.
    /// - `limits`, `has_limits`: `words`, `count`.
    var context: [String: Any] {
        let (word, look, words) = health
        let damage = readiness.damage
        let rest = damage.count - SystemView.damageMaximum
        let hits = Limit.allCases.map { ($0, counts.hits(of: $0)) }.filter { $0.1 > 0 }
        return [
            "health": word, "health_look": look, "health_words": words,
            "reasons": readiness.reasons, "has_reasons": !readiness.reasons.isEmpty,
            "upstreams": readiness.upstreams.map(row),
            "has_upstreams": !readiness.upstreams.isEmpty,
            "damage": damage.prefix(SystemView.damageMaximum).map(part),
            "has_damage": !damage.isEmpty,
            "damage_rest": rest > 0 ? "and \(rest) more; /readyz has them all" : "",
            "segments": segments, "store": store, "pipeline": frames, "serving": serving,
            "program": program,
            "limits": hits.map { ["words": $0.0.words, "count": SystemView.number($0.1)] },
            "has_limits": !hits.isEmpty,
        ]
    }

    private func part(_ damage: Damage) -> [String: String] {
        [
            "file": damage.file, "kind": damage.kind, "unit": damage.unit?.name ?? PageText.none,
            "detail": damage.detail,
        ]
    }

    private var health: (word: String, look: String, words: String) {
        switch readiness.status {
        case .ready: ("Ready", "done", "Everything works.")
        case .degraded:
            ("Degraded", "delayed", "All that can be done is done; this needs somebody:")
        case .notReady: ("Not ready", "delayed", "The store cannot work:")
        }
    }

    /// `id`, `url`, `look`, `state`, `since`, `units`, `full`, `feeds`, `clock`, `requests`,
    /// `failures`, `failure` (or empty), `notices`.
    private func row(_ upstream: UpstreamStatus) -> [String: Any] {
        [
            "id": upstream.id, "url": upstream.url,
            "look": upstream.state == .ok ? "done" : upstream.state == .starting ? "idle" : "delayed",
            "state": upstream.state == .ok ? "Answers" : upstream.stateWords,
            "since": PageText.since(upstream.since, now: now), "units": "\(upstream.units)",
            "full": "\(upstream.fullRateCount)",
            "feeds": upstream.monitorCount.map { "\($0)" } ?? PageText.none,
            "clock": SystemView.offset(upstream.clockOffsetMilliseconds),
            "requests": SystemView.number(upstream.requestCount),
            "failures": SystemView.number(upstream.failureCount),
            "failure": upstream.failure ?? "", "notices": upstream.notices(now: now),
        ]
    }

    /// `3 s ahead`, `0 s`
    static func offset(_ milliseconds: Int64?) -> String {
        guard let milliseconds else { return PageText.none }
        let seconds = (abs(milliseconds) + 500) / 1000
        if seconds == 0 { return "0 s" }
        return "\(seconds) s \(milliseconds < 0 ? "behind" : "ahead")"
    }

    private var segments: [[String: Any]] {
        let largest = statistics.segments.values.map(\.bytes).max() ?? 0
        return statistics.segments.sorted { $0.key < $1.key }.map { level, segments in
            [
                "level": "L\(level)", "count": SystemView.number(UInt64(segments.count)),
                "bytes": PageText.bytes(Int64(segments.bytes)),
                "share": largest == 0 ? 0 : segments.bytes * 100 / largest,
            ]
        }
    }

    private var store: [[String: String]] {
        let bytes = statistics.segments.values.reduce(0) { $0 + $1.bytes } + statistics.logBytes
        let commit = statistics.lastCommit.map {
            SystemView.decimal($0 / .milliseconds(1), "ms")
        }
        let files = PageText.count(statistics.logFiles, "file", "files")
        return [
            fact("On disk", PageText.bytes(Int64(bytes))),
            fact("Log", "\(PageText.bytes(Int64(statistics.logBytes))) in \(files)"),
            fact("Frames made durable", SystemView.number(statistics.framesStored)),
            fact("In the log, not in a segment yet", SystemView.number(UInt64(statistics.framesInHead))),
            fact("Waiting for a commit", SystemView.number(UInt64(statistics.framesWaiting))),
            fact("Last commit took", commit ?? PageText.none),
        ]
    }

    private var frames: [[String: String]] {
        [
            fact("Taken as live", SystemView.number(pipeline.accepted)),
            fact("Late", SystemView.number(pipeline.late)),
            fact("Filled from a trail", SystemView.number(pipeline.filled)),
            fact("Told twice", SystemView.number(pipeline.repeated)),
            fact("Dropped", SystemView.number(pipeline.dropped.values.reduce(0, +))),
            fact("Lost", SystemView.number(pipeline.lost)),
            fact("Clock steps", SystemView.number(pipeline.clockSteps)),
            fact("Waiting in the channel", "\(pipeline.waiting) of \(pipeline.waitingMaximum)"),
        ]
    }

    private var serving: [[String: String]] {
        let requests = counts.requests.reduce(UInt64(0)) { $0 + $1.requests.byClass.reduce(0, +) }
        let failed = counts.requests.reduce(UInt64(0)) { $0 + $1.requests.byClass[4] }
        return [
            fact("Requests answered", SystemView.number(requests)),
            fact("Of them with a fault of ours", SystemView.number(failed)),
            fact("Open streams", "\(counts.socketsOpen)"),
            fact("Messages on streams", SystemView.number(counts.messagesSent)),
            fact("Messages that slow readers lost", SystemView.number(counts.messagesDropped)),
            fact("Notifications waiting", "\(deliveries.pending)"),
            fact("Notifications not delivered", "\(deliveries.dead)"),
        ]
    }

    private var program: [[String: String]] {
        [
            fact("Version", version.isEmpty ? PageText.none : version),
            fact("Memory", usage.residentBytes.map { PageText.bytes(Int64($0)) } ?? PageText.none),
            fact("CPU time", usage.cpuSeconds.map { SystemView.decimal($0, "s") } ?? PageText.none),
            fact("Open files", usage.openFiles.map { "\(Int($0))" } ?? PageText.none),
        ]
    }

    private func fact(_ words: String, _ value: String) -> [String: String] {
        ["words": words, "value": value]
    }

    /// `1,234,567`
    static func number(_ count: UInt64) -> String {
        let digits = Array(String(count))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// `12.3 ms`
    private static func decimal(_ value: Double, _ unit: String) -> String {
        let tenths = UInt64(max(0, value * 10).rounded())
        return "\(number(tenths / 10)).\(tenths % 10) \(unit)"
    }
}

extension UpstreamStatus {
    /// `Does not answer`
    fileprivate var stateWords: String {
        let word = conditionWord ?? ""
        return word.prefix(1).uppercased() + word.dropFirst()
    }
}
