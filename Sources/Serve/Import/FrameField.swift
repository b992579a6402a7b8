//  FrameField.swift · Serve
//
//  The fields of a frame in CSV and NDJSON: columns of a header, keys of an object.

import Monitoring

/// A field of a frame as text.
enum FrameField: Equatable {
    case t
    case unit
    case level(Int)
    case state
    case range
    case start
    /// Written by exports, and of no meaning for an import: what comes in is `imported`.
    case origin

    /// All of them, in the order in which exports write them.
    static let all: [FrameField] =
        [.t, .unit] + Metric.allCases.map { .level($0.rawValue) }
        + [.state, .range, .origin, .start]

    var name: String {
        switch self {
        case .t: "t"
        case .unit: "unit"
        case .level(let metric): Metric(rawValue: metric)!.name
        case .state: "state"
        case .range: "range"
        case .start: "start"
        case .origin: "origin"
        }
    }

    /// A bit of its own, to see which fields a row has.
    var bit: UInt16 {
        switch self {
        case .t: 1 << 8
        case .unit: 1 << 9
        case .level(let metric): 1 << UInt16(metric)
        case .state: 1 << 10
        case .range: 1 << 11
        case .start: 1 << 12
        case .origin: 1 << 13
        }
    }

    static let names = all.map(\.name).joined(separator: ", ")

    /// The field of this name; `nil` when there is none.
    init?(_ name: UnsafeRawBufferPointer) {
        // Eight bytes are compared at once.
        guard (1...8).contains(name.count) else { return nil }
        var word: UInt64 = 0
        for (place, byte) in name.enumerated() { word |= UInt64(byte) << (UInt64(place) * 8) }
        switch word {
        case FrameField.word("t"): self = .t
        case FrameField.word("lp"): self = .level(0)
        case FrameField.word("leq"): self = .level(1)
        case FrameField.word("lmax"): self = .level(2)
        case FrameField.word("lmin"): self = .level(3)
        case FrameField.word("lpeak"): self = .level(4)
        case FrameField.word("ln1"): self = .level(5)
        case FrameField.word("ln2"): self = .level(6)
        case FrameField.word("state"): self = .state
        case FrameField.word("unit"): self = .unit
        case FrameField.word("start"): self = .start
        case FrameField.word("origin"): self = .origin
        case FrameField.word("range"): self = .range
        default: return nil
        }
    }

    @inline(__always)
    private static func word(_ name: StaticString) -> UInt64 {
        var word: UInt64 = 0
        for place in 0..<name.utf8CodeUnitCount {
            word |= UInt64(name.utf8Start[place]) << (UInt64(place) * 8)
        }
        return word
    }
}
