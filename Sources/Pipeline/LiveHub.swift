//  LiveHub.swift · Pipeline
//
//  What is happening now, for everybody who looks. Written by the pipeline, read without waiting.

package import Monitoring
import Synchronization

/// The newest frames of all units, and a feed of what comes.
package final class LiveHub: LiveFeed {
    /// Frames kept per unit, for joining a chart made from history with the stream.
    package static let recentMaximum = 64
    /// Batches that a reader of ``updates()`` may fall behind; then it loses the oldest.
    package static let behindMaximum = 1024

    private struct State {
        var units: [UnitID: Entry] = [:]
        var readers: [Int: AsyncStream<[LiveUpdate]>.Continuation] = [:]
        var nextReader = 0
    }

    private struct Entry {
        var live = LiveState()
        /// Ascending by time; at most ``recentMaximum``.
        var recent: [Frame] = []

        mutating func take(_ update: LiveUpdate) {
            switch update {
            case .frame(let frame):
                live.newest = frame
                // The upstream's clock went back: these it will tell anew.
                if let last = recent.last, last.time >= frame.time {
                    recent.removeAll { $0.time >= frame.time }
                }
                recent.append(frame)
                if recent.count > LiveHub.recentMaximum {
                    recent.removeFirst(recent.count - LiveHub.recentMaximum)
                }
            case .feed(_, let report):
                live.feed = report
            case .event: break
            }
        }
    }

    private let state = Mutex(State())

    package init() {}

    package func state(of unit: UnitID) -> LiveState {
        state.withLock { $0.units[unit]?.live ?? LiveState() }
    }

    package func recent(_ unit: UnitID, after time: Timestamp?) -> [Frame] {
        let recent = state.withLock { $0.units[unit]?.recent ?? [] }
        guard let time else { return recent }
        return Array(recent.drop { $0.time <= time })
    }

    package func updates() -> AsyncStream<[LiveUpdate]> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: [LiveUpdate].self, bufferingPolicy: .bufferingNewest(LiveHub.behindMaximum))
        let number = state.withLock { state in
            state.nextReader += 1
            state.readers[state.nextReader] = continuation
            return state.nextReader
        }
        continuation.onTermination = { [self] _ in
            _ = state.withLock { $0.readers.removeValue(forKey: number) }
        }
        return stream
    }

    /// Tells everybody. Frames are newer than those told before, per unit, unless the upstream's
    /// clock went back.
    package func publish(_ updates: [LiveUpdate]) {
        guard !updates.isEmpty else { return }
        let readers = state.withLock { state in
            for update in updates {
                guard let unit = update.unit else { continue }
                state.units[unit, default: Entry()].take(update)
            }
            return Array(state.readers.values)
        }
        for reader in readers { reader.yield(updates) }
    }

    /// Shows a stored frame as the newest one known, before anything was read after a start.
    package func restore(_ frame: Frame) {
        state.withLock { state in
            guard state.units[frame.unit]?.live.newest == nil else { return }
            state.units[frame.unit, default: Entry()].live.newest = frame
        }
    }

    /// Ends the feeds of all readers.
    package func finish() {
        let readers = state.withLock { Array($0.readers.values) }
        for reader in readers { reader.finish() }
    }
}
