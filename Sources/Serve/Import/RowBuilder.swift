//  RowBuilder.swift · Serve
//
//  One row of text as it is put together, field by field; what is wrong first is its reason.

import Monitoring

/// A row of text, whichever format it is in.
struct RowBuilder {
    typealias Bytes = UnsafeRawBufferPointer

    private var fields = FieldReader()
    private var units: ImportUnits
    private let intake: ImportIntake
    private let levels = RowLevels()

    private var time: Int64 = 0
    private var start = ImportRow.noStart
    private var lane: Int?
    private var hasTime = false
    private var hasLevel = false
    private var isMeasuring = true
    private var flags: UInt8 = 0
    private var isOfTrail = false
    private static let trail = Array("trail".utf8)
    /// The fields that this row has had.
    private var seen: UInt16 = 0

    init(units: ImportUnits, intake: ImportIntake) {
        self.units = units
        self.intake = intake
    }

    /// Whether rows may do without a unit's name.
    var hasFallback: Bool { units.fallback != nil }

    mutating func begin() {
        if hasLevel { levels.clear() }
        hasLevel = false
        start = ImportRow.noStart
        lane = nil
        hasTime = false
        isMeasuring = true
        flags = 0
        isOfTrail = false
        seen = 0
    }

    /// Notes that the row has `field`.
    /// - Returns: false when it had it before.
    @inline(__always)
    mutating func note(_ field: FrameField) -> Bool {
        defer { seen |= field.bit }
        return seen & field.bit == 0
    }

    /// Sets a field that has a value.
    ///
    /// - Returns: `nil`, or why the row cannot be taken.
    @inline(__always)
    mutating func set(_ field: FrameField, _ text: Bytes) -> String? {
        do throws(FieldReader.Fault) {
            switch field {
            case .level(let metric):
                levels.values[metric] = try FieldReader.level(text)
                hasLevel = true
            case .t:
                time = try fields.time(text)
                hasTime = true
            case .state:
                isMeasuring = try FieldReader.isMeasuring(text)
            case .start:
                start = try fields.time(text)
            case .range:
                flags = try FieldReader.flags(text)
            case .unit:
                do throws(ImportUnits.Refusal) {
                    lane = try units.lane(named: text)
                } catch {
                    return error.reason
                }
            case .origin:
                isOfTrail = text.elementsEqual(RowBuilder.trail)
            }
            return nil
        } catch {
            return "\(field.name) \(error.words)"
        }
    }

    /// Hands the row over.
    @inline(__always)
    mutating func end(_ number: Int) {
        guard hasTime else { return intake.reject(number, "t is missing") }
        let lane: Int
        if let own = self.lane {
            lane = own
        } else {
            do throws(ImportUnits.Refusal) {
                lane = try units.unnamed()
            } catch {
                return intake.reject(number, error.reason)
            }
        }
        guard hasLevel else { return intake.reject(number, "has no level") }
        // One with a sample of its own is no point of a trail, whatever it says.
        let isOfTrail = isOfTrail && levels.values[0] == .min
        let origin = isOfTrail ? FrameState.Origin.trail : .imported
        let state =
            (isMeasuring ? FrameState.measuring.rawValue : 0) | flags | origin.rawValue << 4
        let row = ImportRow(
            time: time, levels: UnsafeRawPointer(levels.values), state: state,
            // A meter that does not measure is in no measurement.
            start: isMeasuring && !isOfTrail ? start : ImportRow.noStart)
        intake.take(row, number: number, lane: lane)
    }
}

/// Memory for the levels of one row.
private final class RowLevels {
    let values = UnsafeMutablePointer<Int16>.allocate(capacity: ImportRow.levelCount)

    init() { clear() }
    deinit { values.deallocate() }

    func clear() { values.update(repeating: Levels.none, count: ImportRow.levelCount) }
}
