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
        if record, withLate { throw ValidationError("--record takes late readings in any case.") }
    }

    func run() async throws {
        guard let id = UnitID(unit) else {
            throw Failure(.usage, "\"\(unit)\" is not a unit's name. Give one like NL43-0001.")
        }
        let folder = try DataFolder(path: try data.folder())
        let registry = try folder.openRegistry()
        let history: SegmentHistory
        do {
            history = try StoreReader.history(folder: folder.path + "/store")
        } catch let error as DiskError where error.kind == .notFound {
            return tell([], nil)
        }
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
        let end = try time(to, "--to") ?? newest?.advanced(byMilliseconds: 1) ?? start
        guard let range = TimeRange(start: start, end: end) else {
            throw Failure(.usage, "--to is before --from. Give a later one.")
        }
        let desk = ReplayDesk(history: history, ledger: registry)
        if record || rules != nil {
            return try await judge(id, range, desk, registry)
        }
        let replay = try await desk.replay(unit: id, to: range.end, withLate: withLate)
        let events = replay.map { $0.events.filter { range.contains($0.onsetAt) } } ?? []
        guard verify else { return tell(events, replay?.frameCount) }
        let recorded = try await registry.recordedEvents(of: id, in: range)
            .filter { !$0.isReplayed }
        let comparison = EventComparison(recorded: recorded, replayed: events, in: range)
        for difference in comparison.differences { Output.line(difference) }
        let sentence =
            "\(comparison.sameCount) events are the same in every field, "
            + "\(comparison.differenceCount) differences; "
            + "\(replay?.frameCount ?? 0) readings were judged."
        guard comparison.isSame else { throw Failure(.failed, sentence) }
        if json { Output.line(EventText.list(events)) }
        if json { Failure.say(sentence) } else { Output.line(sentence) }
    }

    /// Under rules of a file, or those that are in force, as if all had come live.
    private func judge(
        _ unit: UnitID, _ range: TimeRange, _ desk: ReplayDesk, _ registry: SQLiteRegistry
    ) async throws {
        guard var plan = try await registry.plans(at: range.start).first(where: { $0.unit == unit })
        else {
            throw Failure(.usage, "The unit \(unit) is not configured. Provision it.")
        }
        if let rules { plan.rules = try fileRules(rules) }
        let replay = try await desk.replay(under: plan, in: range)
        var events = replay.events
        if record {
            let known = try await registry.recordedEvents(of: unit, in: range)
            events = events.filter { event in
                !event.isActive
                    && !known.contains { !$0.isReplayed && $0.rule?.id == event.rule?.id
                        && $0.onsetAt <= event.clearedAt! && ($0.clearedAt ?? $0.onsetAt) >= event.onsetAt }
            }
            for index in events.indices { events[index].isReplayed = true }
            var batch = LedgerBatch()
            batch.events = events
            let ids = try await registry.record(batch)
            for (index, id) in ids.enumerated() {
                events[index].id = id
                events[index].isSaved = true
            }
        }
        tell(events, replay.frameCount)
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
