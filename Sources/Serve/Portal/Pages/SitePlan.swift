//  SitePlan.swift · Serve
//
//  Where the places are, as a plan that needs no map server: coordinates in the Web Mercator
//  projection, fitted into a frame, with a scale.

import Foundation

/// Places on a plan. Pure; in units of the drawing, y downwards.
struct SitePlan {
    static let width = 460.0
    static let height = 345.0

    /// A place to be put on a plan.
    struct Site {
        let id: String
        let name: String
        /// Degrees, WGS 84.
        let latitude: Double
        let longitude: Double
    }

    struct Marker: Equatable {
        let id: String
        let x: Double
        let y: Double
        let label: Label?
    }

    /// A name beside a marker; left out where there is no room, because a marker has its name anyway.
    struct Label: Equatable {
        let text: String
        let x: Double
        let y: Double
        let anchor: Anchor
    }

    enum Anchor: String { case start, middle, end }

    let markers: [Marker]
    /// The scale: so many metres on the ground are so many units.
    let barMetres: Double
    let barLength: Double

    /// Units around the outermost markers, for their shapes and names.
    private static let margin = 58.0
    /// A plan of one place, or of places that are together, shows so many metres.
    private static let leastMetres = 200.0
    /// Metres at the equator per radian.
    private static let radius = 6_378_137.0
    /// Where Web Mercator ends.
    private static let latitudeMaximum = 85.0511

    /// - Returns: `nil` without sites.
    init?(_ sites: [Site]) {
        guard !sites.isEmpty else { return nil }
        let points = sites.map { SitePlan.project(latitude: $0.latitude, longitude: $0.longitude) }
        let xs = points.map(\.x)
        let ys = points.map(\.y)
        let centre = (x: (xs.min()! + xs.max()!) / 2, y: (ys.min()! + ys.max()!) / 2)
        // Mercator draws everything larger away from the equator; a scale is of the ground.
        let stretch = cosh(centre.y / SitePlan.radius)
        let least = SitePlan.leastMetres * stretch
        let scale = min(
            (SitePlan.width - 2 * SitePlan.margin) / max(least, xs.max()! - xs.min()!),
            (SitePlan.height - 2 * SitePlan.margin) / max(least / 2, ys.max()! - ys.min()!))
        let placed = points.map {
            (x: SitePlan.width / 2 + ($0.x - centre.x) * scale,
             y: SitePlan.height / 2 - ($0.y - centre.y) * scale)
        }
        let perMetre = scale * stretch
        barMetres = SitePlan.barMetres(perMetre: perMetre)
        barLength = barMetres * perMetre
        markers = SitePlan.label(sites, at: placed)
    }

    /// The grid behind has the scale's step, so that distances can be seen anywhere.
    var grid: (columns: [Double], rows: [Double]) {
        func lines(_ length: Double) -> [Double] {
            let middle = length / 2
            let count = Int(middle / barLength)
            return (-count...count).map { middle + Double($0) * barLength }
        }
        return (lines(SitePlan.width), lines(SitePlan.height))
    }

    /// `100 m`, `2 km`
    var barText: String {
        barMetres < 1000 ? "\(Int(barMetres)) m" : "\(Int(barMetres / 1000)) km"
    }

    /// Web Mercator, metres at the equator, y northwards.
    static func project(latitude: Double, longitude: Double) -> (x: Double, y: Double) {
        let bounded = min(latitudeMaximum, max(-latitudeMaximum, latitude)) * .pi / 180
        return (radius * longitude * .pi / 180, radius * asinh(tan(bounded)))
    }

    /// The longest of 1, 2, 5, 10 … metres that is at most a quarter of the plan.
    private static func barMetres(perMetre: Double) -> Double {
        let most = width / 4 / perMetre
        let power = pow(10, floor(log10(most)))
        return [5.0, 2, 1].map { $0 * power }.first { $0 <= most } ?? power
    }

    // MARK: - Names

    private struct Box {
        let left, top, right, bottom: Double

        func meets(_ other: Box) -> Bool {
            left < other.right && other.left < right && top < other.bottom && other.top < bottom
        }
    }

    /// A letter's mean width and a line's height at the size of names.
    private static let letter = 6.6
    private static let line = 15.0

    /// Names go under, over, right or left of their markers: the first that is free.
    private static func label(
        _ sites: [Site], at places: [(x: Double, y: Double)]
    ) -> [Marker] {
        // The scale keeps its corner.
        var taken = [Box(left: 0, top: height - 34, right: width / 3, bottom: height)]
        taken += places.map { Box(left: $0.x - 12, top: $0.y - 12, right: $0.x + 12, bottom: $0.y + 12) }
        return zip(sites, places).map { site, place in
            let text = site.name.count > 24 ? site.name.prefix(23) + "…" : site.name
            let size = Double(text.count) * letter
            let choices: [(Anchor, Double, Double)] = [
                (.middle, place.x, place.y + 27), (.middle, place.x, place.y - 18),
                (.start, place.x + 16, place.y + 4), (.end, place.x - 16, place.y + 4),
            ]
            for (anchor, x, y) in choices {
                let left =
                    switch anchor {
                    case .start: x
                    case .middle: x - size / 2
                    case .end: x - size
                    }
                let box = Box(left: left, top: y - line + 3, right: left + size, bottom: y + 3)
                guard box.left >= 2, box.right <= width - 2, box.top >= 2, box.bottom <= height - 2,
                    !taken.contains(where: box.meets)
                else { continue }
                taken.append(box)
                let label = Label(text: String(text), x: x, y: y, anchor: anchor)
                return Marker(id: site.id, x: place.x, y: place.y, label: label)
            }
            return Marker(id: site.id, x: place.x, y: place.y, label: nil)
        }
    }
}
