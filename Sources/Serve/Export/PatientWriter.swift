//  PatientWriter.swift · Serve

import Hummingbird
import NIOCore

/// Writes to a reader who may be slow, and closes the connection of one who takes nothing at all:
/// an export must not be held for ever.
struct PatientWriter: Sendable {
    let channel: any Channel
    /// How long one buffer may wait.
    let patience: Duration
    let counts: ServeCounts

    @concurrent
    func write(_ buffer: ByteBuffer, to writer: inout any ResponseBodyWriter) async throws {
        guard buffer.readableBytes > 0 else { return }
        let alarm = channel.eventLoop.scheduleTask(in: TimeAmount(patience)) {
            counts.hit(.slowExport)
            channel.close(promise: nil)
        }
        defer { alarm.cancel() }
        try await writer.write(buffer)
    }
}
