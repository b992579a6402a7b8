//  ReceivedFrames.swift · SimulatorTests

import NIOCore
import Synchronization

@testable import Simulator

/// What a subscriber was handed, taken apart again.
final class ReceivedFrames: Sendable {
    private let bytes = Mutex(ByteBuffer())

    /// For `Simulation.subscribe`.
    var receiver: Simulation.Receiver {
        { framed, _ in
            self.bytes.withLock { bytes in _ = bytes.writeImmutableBuffer(framed) }
        }
    }

    /// All frames so far, oldest first.
    var frames: [JSON] {
        var bytes = bytes.withLock { $0 }
        var frames: [JSON] = []
        while let text = ReceivedFrames.message(from: &bytes) {
            if let json = try? JSON(parsing: text) { frames.append(json) }
        }
        return frames
    }

    var times: [String] { frames.compactMap { $0["timestamp"]?.string } }

    /// The next whole unmasked text frame; control frames are skipped.
    static func message(from bytes: inout ByteBuffer) -> [UInt8]? {
        while true {
            var rest = bytes
            guard let head = rest.readInteger(as: UInt8.self),
                var count = rest.readInteger(as: UInt8.self).map(Int.init)
            else { return nil }
            if count == 126 {
                guard let long = rest.readInteger(as: UInt16.self) else { return nil }
                count = Int(long)
            }
            guard let payload = rest.readBytes(length: count) else { return nil }
            bytes = rest
            if head == 0x81 { return payload }
        }
    }
}
