//  Slug.swift · Serve

import Foundation

/// Ids that are made from names.
enum Slug {
    /// `harbour-quarter` of "Harbour Quarter", `cafe-2` of "Café" when `cafe` is taken: one that
    /// people can say, of at most 48 characters before the number.
    ///
    /// - Parameter fallback: for a name without a Latin letter or digit.
    static func make(
        of name: String, or fallback: String, isTaken: (String) -> Bool
    ) -> String {
        var slug = ""
        for byte in name.decomposedStringWithCanonicalMapping.lowercased().unicodeScalars {
            guard slug.utf8.count < 48 else { break }
            switch byte {
            case "a"..."z", "0"..."9": slug.unicodeScalars.append(byte)
            // Accents that were taken off their letters.
            case _ where byte.properties.generalCategory == .nonspacingMark: continue
            case _ where slug.hasSuffix("-") || slug.isEmpty: continue
            default: slug += "-"
            }
        }
        if slug.hasSuffix("-") { slug.removeLast() }
        if slug.isEmpty { slug = fallback }
        guard isTaken(slug) else { return slug }
        return (2...).lazy.map { "\(slug)-\($0)" }.first { !isTaken($0) }!
    }
}
