//  FrameQueue.swift · Simulator

import NIOCore
import Synchronization

/// The frames that wait for one subscriber.
///
/// Bounded: at the bound the newest frames are lost, silently, as with the real upstream.
final class FrameQueue: Sendable {
    private let bound: Int
    private let state = Mutex<State>(State())
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    private struct State {
        var frames: [ByteBuffer] = []
        var isFinished = false
    }

    init(bound: Int) {
        self.bound = bound
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// - Returns: false when the frame is lost.
    func offer(_ frame: ByteBuffer) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isFinished, state.frames.count < bound else { return false }
            state.frames.append(frame)
            return true
        }
        if isTaken { wake.yield() }
        return isTaken
    }

    /// No further frames; those that wait are still handed out.
    func finish() {
        state.withLock { $0.isFinished = true }
        wake.finish()
    }

    /// Hands over everything that waits, oldest first, as it comes, until ``finish()``. For one
    /// reader.
    func forEachBatch(_ body: ([ByteBuffer]) async throws -> Void) async rethrows {
        for await _ in wakes { try await body(drained()) }
        try await body(drained())
    }

    private func drained() -> [ByteBuffer] {
        state.withLock { state in
            defer { state.frames = [] }
            return state.frames
        }
    }
}
