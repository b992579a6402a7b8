//  Trial.swift · StoreTests
//
//  One decoder given any bytes.
//
//      u8 trial │ u8 control │ what the decoder takes
//
//  Bit 0 of control: checksums are put right first, so that what stands behind them is reached.
//  The order of the cases is what the seeds in Fixtures/fuzz know: append only.

import Monitoring

@testable import Store

/// A decoder to try.
enum Trial: UInt8, CaseIterable, Sendable {
    case page, tick, timeDelta, delta, cross, step, constant, raw, block, rows, histograms
    case unitRow, directory, header, footer, segment, manifest, logHeader, logRecord, frameRecord
    case replay, damageNote
    case store, deletions, backupList

    /// Gives `bytes` to the decoder that the first of them chooses.
    ///
    /// An error that a decoder may throw is an answer too.
    /// - Throws: ``TrialFailure`` when a property does not hold.
    static func run(_ bytes: [UInt8]) throws {
        var input = TrialInput(bytes[...])
        let trials = Trial.allCases
        let trial = trials[Int(input.byte()) % trials.count]
        input.control = input.byte()
        do {
            try trial.run(&input)
        } catch is FormatError {
        } catch is DiskError {
        } catch is NewerFormat {
        }
    }

    private func run(_ input: inout TrialInput) throws {
        switch self {
        case .page: try TrialOfColumns.page(&input)
        case .tick, .timeDelta: try TrialOfColumns.times(&input, isTick: self == .tick)
        case .delta: try TrialOfColumns.levels(&input, .delta)
        case .cross: try TrialOfColumns.levels(&input, .cross)
        case .step: try TrialOfColumns.levels(&input, .step)
        case .constant: try TrialOfColumns.levels(&input, .constant)
        case .raw: try TrialOfColumns.levels(&input, .raw)
        case .block: try TrialOfColumns.block(&input)
        case .rows: try TrialOfRollups.rows(&input)
        case .histograms: try TrialOfRollups.histograms(&input)
        case .unitRow: try TrialOfSegments.unitRow(&input)
        case .directory: try TrialOfSegments.directory(&input)
        case .header: try TrialOfSegments.header(&input)
        case .footer: try TrialOfSegments.footer(&input)
        case .segment: try TrialOfSegments.segment(&input)
        case .manifest: try TrialOfSegments.manifest(&input)
        case .logHeader: try TrialOfLogs.header(&input)
        case .logRecord: try TrialOfLogs.record(&input)
        case .frameRecord: try TrialOfLogs.frames(&input)
        case .replay: try TrialOfLogs.replay(&input)
        case .damageNote: TrialOfLogs.damageNote(&input)
        case .store: try TrialOfStores.store(&input)
        case .deletions: try TrialOfStores.deletions(&input)
        case .backupList: try TrialOfStores.backupList(&input)
        }
    }
}

/// What decodes and is encoded again must decode to the same, and it did not.
struct TrialFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }

    static func unless(_ holds: Bool, _ description: String) throws(TrialFailure) {
        if !holds { throw TrialFailure(description) }
    }
}

/// What is left of an input. Never ends: zeros stand behind it.
struct TrialInput {
    private var bytes: ArraySlice<UInt8>
    var control: UInt8 = 0

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// Whether checksums are put right.
    var isRepaired: Bool { control & 1 != 0 }

    mutating func byte() -> UInt8 { bytes.popFirst() ?? 0 }
    mutating func short() -> Int { Int(byte()) | Int(byte()) << 8 }

    /// Any metrics; `lp` is always one.
    mutating func metrics() -> MetricSet {
        let bits = byte()
        return MetricSet(
            Metric.allCases.filter { $0 == .lp || bits >> UInt8($0.rawValue) & 1 == 1 })
    }

    /// All that is left.
    mutating func rest() -> [UInt8] {
        defer { bytes = [] }
        return Array(bytes)
    }

    /// A length in two bytes, and as many bytes as there are of it.
    mutating func part() -> [UInt8] {
        let count = short()
        let part = bytes.prefix(count)
        bytes = bytes.dropFirst(part.count)
        return Array(part)
    }
}
