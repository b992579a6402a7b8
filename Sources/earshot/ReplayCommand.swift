//  ReplayCommand.swift · earshot
//
//  Rules once more over what is stored: to prove events, to try rules, to judge what was imported.

import ArgumentParser
import Monitoring
import Pipeline
import Provisioning
import Serve
import Store

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Runs rules over stored readings and tells the events.",
        discussion: """
            The very machines that judge live run over the stored readings and the unit's journal, \
            so they come to the same events. Works beside a running service.

            Examples:
              earshot replay --data DIR --unit NL43-0001 --from 2026-11-01 --to 2026-12-01
              earshot replay --data DIR --unit NL43-0001 --verify         as recorded, or exit code 1
              earshot replay --data DIR --unit NL43-0001 --rules new.json rules that are not in force
              earshot replay --data DIR --unit NL43-0001 --record --from … --to …   judges an import
            """)

    @OptionGroup var data: DataOptions

    @Option(help: "The unit.")
    var unit: String

    @Option(help: "From when on; RFC 3339, a day, or Unix milliseconds. Default: the beginning.")
    var from: String?

    @Option(help: "Until when, not included. Default: the newest reading.")
    var to: String?

    @Flag(help: "Compare with the recorded events; any difference in any field is exit code 1.")
    var verify = false

    @Flag(help: "Record events of imported readings, marked as replayed.")
    var record = false

    @Flag(help: "Late readings count too, which they did not live.")
    var withLate = false

    @Option(help: "Rules of this file instead; its key rules is as in provision.", completion: .file())
    var rules: String?

    @Flag(help: "Print JSON instead of a table.")
    var json = false

    func validate() throws {
        if verify, record || withLate || rules != nil {
            throw ValidationError("--verify looks at what was live. Leave out the other one.")
        }
        if record, withLate || rules != nil {
            throw ValidationError("--record judges imports by the rules in force. Leave out the other one.")
        }
    }

    func run() async throws {
        guard let id = UnitID(unit) else {
            throw Failure(.usage, "\"\(unit)\" is not a unit's name. Give one like NL43-0001.")
        }
        let folder = try DataFolder(path: try data.folder())
        let registry = try folder.openRegistry()
        guard let history = try open(folder) else { return tell([], nil) }
        let newest = history.completeUntil(id)
        let units = try await registry.units().map(\.id)
        guard units.contains(id) || newest != nil else {
            let known = units.prefix(20).map(\.name).joined(separator: ", ")
            throw Failure(
                .usage,
                "There is no unit \(id). "
                    + (units.isEmpty ? "None is configured yet." : "Give one of: \(known)."))
        }
        let start = try time(from, "--from") ?? Timestamp(milliseconds: 0)
        let end = try time(to, "--to") ?? Timestamp(milliseconds: .max / 4)
        guard let range = TimeRange(start: start, end: end) else {
            throw Failure(.usage, "--to is before --from. Give a later one.")
        }
        if verify { return try await prove(id, range, folder, registry) }
        if record {
            let past = ImportedPast(history: history, registry: registry)
            let (events, _, frameCount) = try await past.recordEvents(of: id, in: range)
            return tell(events, frameCount)
        }
        let desk = ReplayDesk(history: history, ledger: registry)
        if let rules {
            var plan = try await registry.plans(at: SystemClock().now).first { $0.unit == id }
                ?? MonitoringPlan(unit: id)
            plan.rules = try fileRules(rules)
            let replay = try await desk.replay(
                under: plan, in: range, origins: [.live, .late, .imported])
            try Failure.refuse(replay.damage)
            return tell(replay.events, replay.frameCount)
        }
        let replay = try await desk.replay(unit: id, withLate: withLate)
        try Failure.refuse(replay?.damage ?? [])
        tell(replay?.events.filter { range.contains($0.onsetAt) } ?? [], replay?.frameCount)
    }

    /// - Returns: `nil` when there is no store yet.
    private func open(_ folder: DataFolder) throws -> SegmentHistory? {
        do {
            return try StoreReader.history(folder: folder.path + "/store")
        } catch let error as DiskError where error.kind == .notFound {
            return nil
        }
    }

    /// Compares with what is recorded.
    private func prove(
        _ unit: UnitID, _ range: TimeRange, _ folder: DataFolder, _ registry: SQLiteRegistry
    ) async throws {
        let recorded = try await registry.recordedEvents(of: unit, in: range)
            .filter { !$0.isReplayed }
        // The service may merge files away while they are read: once more then, with another reader.
        var (replay, history) = (RuleReplay?.none, try open(folder))
        for _ in 0..<2 {
            guard let reader = history else { break }
            replay = try await ReplayDesk(history: reader, ledger: registry).replay(unit: unit)
            if replay?.damage.isEmpty ?? true { break }
            history = try open(folder)
        }
        try Failure.refuse(replay?.damage ?? [])
        let events = replay?.events.filter { range.contains($0.onsetAt) } ?? []
        var settled = Timestamp(milliseconds: .max)
        if folder.isServed, let newest = history?.completeUntil(unit) {
            settled = newest.advanced(byMilliseconds: -60_000)
        }
        let comparison = EventComparison(
            recorded: recorded, replayed: events, in: range, settled: settled)
        for difference in comparison.differences { Output.line(difference) }
        let sentence =
            "\(comparison.sameCount) events are the same in every field, "
            + "\(comparison.differenceCount) differences; "
            + "\(replay?.frameCount ?? 0) readings were judged."
        guard comparison.isSame else { throw Failure(.failed, sentence) }
        guard json else { return Output.line(sentence) }
        Output.line(EventText.list(events))
        Failure.say(sentence)
    }

    private func fileRules(_ name: String) throws -> [AlertRule] {
        let bytes = try InputFile.bytes(of: name, atMost: ProvisionFile.bytesMaximum)
        do {
            return try ProvisionFile(json: bytes).checkedRules()
        } catch {
            throw Failure(
                .usage,
                (["\(name) has problems."] + error.sentences.map { "  " + $0 })
                    .joined(separator: "\n"))
        }
    }

    private func time(_ text: String?, _ option: String) throws -> Timestamp? {
        guard let text else { return nil }
        if let milliseconds = Int64(text) { return Timestamp(milliseconds: milliseconds) }
        if let day = CalendarDay(text) {
            return Timestamp(milliseconds: Int64(day.number) * Dwell.dayMilliseconds)
        }
        guard let time = Timestamp(rfc3339: text) else {
            throw Failure(
                .usage, "\(option) \(text) is not a time. Give one like 2026-11-24T08:00:00Z.")
        }
        return time
    }

    private func tell(_ events: [SoundEvent], _ frames: Int?) {
        guard !json else { return Output.line(EventText.list(events)) }
        var table = TextTable(["rule", "level", "onset", "peak", "peak at", "clear", "reason"])
        for event in events {
            table.add([
                event.rule?.id ?? event.kind.rawValue, event.level.rawValue, "\(event.onsetAt)",
                event.peakTenths.map { "\(Double($0) / 10)" } ?? "",
                event.peakAt.map { "\($0)" } ?? "", event.clearedAt.map { "\($0)" } ?? "open",
                event.clearReason?.rawValue ?? "",
            ])
        }
        if !events.isEmpty { table.print() }
        Failure.say("\(events.count) events of \(frames ?? 0) readings.")
    }
}
