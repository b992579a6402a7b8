//  MeterSecond.swift · Simulator

/// What a microphone heard in one second. Levels in tenths of a decibel.
struct MeterSecond: Hashable, Sendable {
    /// The momentary level that a poll in this second would read.
    let lp: Int16
    /// Highest and lowest momentary level within the second; `min` ≤ `lp` ≤ `max`.
    let max: Int16
    let min: Int16
    /// Highest instantaneous pressure, as a level.
    let peak: Int16
    /// Mean-square pressure relative to p₀² of the whole second, between those of `min` and `max`.
    let energy: Double
}
