//  UnitWatcher.swift · Ingest
//
//  Keeps one unit's one `/monitor` socket open while its switch is on.
//
//      off ──on──▶ slot ──▶ connect ──▶ read ──end──▶ wait (back-off) ──▶ slot …
//       ▲──────────────────────off──────────────────────────────────────────┘

import Logging
import Monitoring

/// One task per unit for as long as the service runs; asleep unless the unit is wanted.
struct UnitWatcher: Sendable {
    let reader: UnitReader
    let rateSwitch: RateSwitch
    let socket: MonitorSocket
    let slots: SocketSlots
    let context: IngestContext

    /// Returns when the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            await rateSwitch.wait(for: true)
            guard !Task.isCancelled else { return }
            await hand(reader.update { $0.setRate(isFull: true, at: context.now) })
            await watch()
            reader.socketEnded()
            await hand(reader.update { $0.setRate(isFull: false, at: context.now) })
        }
    }

    private func watch() async {
        var backoff = Backoff(seed: context.seed(for: reader.unit.id))
        while rateSwitch.isOn, !Task.isCancelled {
            guard await slots.acquire() else { return }
            defer { slots.release() }
            guard rateSwitch.isOn else { return }
            var messageCount = 0
            reader.socketOpens()
            let end = await socket.run(
                UpstreamAddress.path(reader.unit.upstreamUnit, "monitor"),
                until: { [rateSwitch] in await rateSwitch.wait(for: false) },
                take: { messages in
                    messageCount += messages.count
                    await hand(reader.receive(messages, at: context.now))
                })
            reader.socketEnded()
            // One alone is the last frame once more, which says nothing of the feed.
            if messageCount > 1 { backoff.succeed() }
            guard rateSwitch.isOn, !Task.isCancelled else { return }
            if end != .closed { reader.count(.refused) }
            context.logger.debug(
                "monitor socket ended", metadata: ["unit": "\(reader.unit.id)", "end": "\(end)"])
            await pause(backoff.fail())
        }
    }

    /// Waits for `duration`, or until the unit is not wanted any more.
    private func pause(_ duration: Duration) async {
        await withTaskGroup { group in
            group.addTask { [context] in try? await context.stopwatch.sleep(for: duration) }
            group.addTask { [rateSwitch] in await rateSwitch.wait(for: false) }
            await group.next()
            group.cancelAll()
        }
    }

    private func hand(_ observations: [Observation]) async {
        await context.hand(observations, of: reader)
    }
}
