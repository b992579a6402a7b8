//  Shape.swift · Serve

/// Numbers in drawings.
enum Shape {
    /// `12.5`: two decimals at most.
    static func text(hundredths: Int) -> String {
        let size = abs(hundredths)
        let whole = "\(hundredths < 0 ? "-" : "")\(size / 100)"
        let rest = size % 100
        if rest == 0 { return whole }
        return rest % 10 == 0 ? "\(whole).\(rest / 10)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }

    static func text(_ value: Double) -> String {
        text(hundredths: Int((value * 100).rounded(.toNearestOrAwayFromZero)))
    }

    /// A path through values, each at its place; `nil` is a gap, and a gap is a gap. A value alone is
    /// a dot.
    ///
    /// - Parameters:
    ///   - points: x and y as they stand in a path.
    ///   - dot: how wide a dot is.
    static func line(_ points: [(x: String, y: String)?], dot: String) -> String {
        var path = ""
        var isDown = false
        for point in points {
            if let point {
                path += "\(isDown ? "L" : "M")\(point.x) \(point.y)" + (isDown ? "" : "h\(dot)")
            }
            isDown = point != nil
        }
        return path
    }
}
