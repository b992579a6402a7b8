//  SystemClock.swift · earshot

import Foundation
import Monitoring

/// The machine's clock.
struct SystemClock: WallClock {
    var now: Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}
