//  Works.swift · Simulator

/// Something steady and loud beside a unit for a while, above what its street sounds like.
package struct Works: Hashable, Sendable {
    /// Whole seconds of Unix time.
    package let seconds: Range<Int64>
    /// About how loud it is, in dB.
    package let level: Double

    package init(seconds: Range<Int64>, level: Double) {
        self.seconds = seconds
        self.level = level
    }
}
