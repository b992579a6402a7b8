//  PathText.swift · Serve

import Foundation
import Hummingbird

extension RequestScope {
    /// A part of the request's path, with what browsers escape put back (RFC 3986).
    ///
    /// - Returns: `nil` for what is no text.
    func pathText(_ name: String) -> String? {
        parameters.get(name).flatMap { $0.removingPercentEncoding }
    }
}
