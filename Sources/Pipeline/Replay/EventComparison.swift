//  EventComparison.swift · Pipeline
//
//  Replayed events beside recorded ones, field by field.

package import Monitoring

/// What differs. Ids, notes, and whether an event is saved or was replayed are nothing that machines
/// know; watchdogs watch over what frames do not tell. These are left out. Of an event that is open
/// on both sides only what its onset fixed is compared: its record does not follow each sample.
package struct EventComparison: Sendable {
    /// A sentence for each difference, in order of onset. At most ``differenceMaximum``.
    package private(set) var differences: [String] = []
    package private(set) var differenceCount = 0
    /// Events that are the same on both sides.
    package private(set) var sameCount = 0
    package static let differenceMaximum = 1000
    private let settled: Timestamp

    /// - Parameters:
    ///   - range: only events whose onset is in it are compared.
    ///   - settled: when all that was decided before it is surely on both sides, as beside a running
    ///     service: of events that end later only the onset is compared, and one that begins later
    ///     may be on one side only.
    package init(
        recorded: [SoundEvent], replayed: [SoundEvent], in range: TimeRange? = nil,
        settled: Timestamp = Timestamp(milliseconds: .max)
    ) {
        self.settled = settled
        func relevant(_ events: [SoundEvent]) -> [String: SoundEvent] {
            Dictionary(
                events.filter {
                    $0.kind == .rule && range?.contains($0.onsetAt) ?? true
                }.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
        }
        let recorded = relevant(recorded)
        let replayed = relevant(replayed)
        let all = recorded.merging(replayed) { first, _ in first }.values
        for event in all.sorted(by: { ($0.onsetAt, $0.key) < ($1.onsetAt, $1.key) }) {
            compare(event, recorded[event.key], replayed[event.key])
        }
    }

    package var isSame: Bool { differenceCount == 0 }

    private mutating func compare(
        _ event: SoundEvent, _ recorded: SoundEvent?, _ replayed: SoundEvent?
    ) {
        let name = "rule \(event.rule?.id ?? "–") version \(event.rule?.version ?? 0), onset \(event.onsetAt)"
        guard event.onsetAt < settled || recorded != nil && replayed != nil else { return }
        guard let replayed else { return note("\(name): recorded, and not replayed.") }
        guard let recorded else { return note("\(name): replayed, and not recorded.") }
        let isOpen =
            recorded.isActive && replayed.isActive
            || [recorded, replayed].contains { $0.clearedAt.map { $0 >= settled } ?? false }
        let fields = zip(
            EventComparison.fields(recorded, ofOnset: isOpen),
            EventComparison.fields(replayed, ofOnset: isOpen))
        let before = differenceCount
        for ((field, was), (_, isNow)) in fields where was != isNow {
            note("\(name): \(field) was \(was), replayed \(isNow).")
        }
        if differenceCount == before { sameCount += 1 }
    }

    private mutating func note(_ difference: String) {
        differenceCount += 1
        if differences.count < EventComparison.differenceMaximum { differences.append(difference) }
    }

    /// The compared fields as people read them.
    private static func fields(
        _ event: SoundEvent, ofOnset isOpen: Bool
    ) -> [(String, String)] {
        func time(_ time: Timestamp?) -> String { time.map { "\($0)" } ?? "none" }
        func level(_ tenths: Int16?) -> String { tenths.map { "\(Double($0) / 10)" } ?? "none" }
        let onset = [
            ("unit", "\(event.unit?.name ?? "none")"),
            ("location", event.location ?? "none"),
            ("rule", event.rule.map { "\($0)" } ?? "none"),
            ("level", event.level.rawValue),
            ("first_exceeded_at", time(event.firstExceededAt)),
            ("escalated_at", time(event.escalatedAt)),
            ("onset_value", level(event.onsetTenths)),
        ]
        guard !isOpen else { return onset }
        return onset + [
            ("peak_value", level(event.peakTenths)),
            ("peak_at", time(event.peakAt)),
            ("last_exceeded_at", time(event.lastExceededAt)),
            ("exceeded_s", "\(Double(event.exceededMilliseconds) / 1000)"),
            ("last_value", level(event.lastTenths)),
            ("cleared_at", time(event.clearedAt)),
            ("closed_at", time(event.closedAt)),
            ("clear_reason", event.clearReason?.rawValue ?? "none"),
            ("suppressed", "\(event.suppressed)"),
            ("samples", "\(event.samples)"),
            ("coverage", event.coverage.map { "\($0)" } ?? "none"),
            ("overloaded", "\(event.isOverloaded)"),
            ("no_data", "\(event.hasNoData)"),
        ]
    }
}
