//  StreamHub.swift · Serve
//
//  Frames to all viewers: each is encoded once for its unit, framed once, written to many.
//
//      LiveFeed.updates() ─▶ UnitStream (new? changed? silent?) ─▶ WebSocketGroup ─▶ sockets

package import Logging
package import Monitoring
import NIOCore
import ServiceLifecycle
import Synchronization
import Web

/// Fans the live feed out to WebSockets, and tells ingest which units are watched.
///
/// Bounds: a socket's messages wait up to `WebSocketLimits.waitingMessages`; the feed's batches up
/// to those of ``LiveFeed/updates()``. What is lost at either can be read from history.
package final class StreamHub: Service {
    private struct Audience {
        var stream = UnitStream()
        let group = WebSocketGroup()
        var viewers: [ObjectIdentifier: WebSocket] = [:]
    }

    private let live: any LiveFeed
    private let history: any LevelHistory
    private let demand: any Demand
    private let directory: any UnitDirectory
    let counts: ServeCounts
    /// All sockets of the port: whose access ends leaves within a second.
    let watch: SocketWatch
    private let clock: any WallClock
    private let interval: Duration
    private let logger: Logger
    private let audiences = Mutex<[UnitID: Audience]>([:])

    /// - Parameter interval: how often viewers are told what changes by time alone; after a change
    ///   of who has access, and each sixtieth time, it is checked whether they may still be there.
    package init(
        live: any LiveFeed, history: any LevelHistory, demand: any Demand,
        tokens: any TokenDirectory, operators: any OperatorDirectory,
        directory: any UnitDirectory, counts: ServeCounts,
        clock: any WallClock, interval: Duration = .seconds(1), logger: Logger
    ) {
        self.live = live
        self.history = history
        self.demand = demand
        self.directory = directory
        self.counts = counts
        self.clock = clock
        self.interval = interval
        self.logger = logger
        watch = SocketWatch(
            credentials: Credentials(tokens: tokens, operators: operators, clock: clock),
            logger: logger)
    }

    /// Tells viewers until a graceful shutdown; their sockets are closed by the listener.
    package func run() async throws {
        let updates = live.updates()
        await withTaskGroup { group in
            group.addTask {
                for await batch in updates.cancelOnGracefulShutdown() {
                    self.tell(batch)
                    await self.tellOfUpstreams(batch)
                }
            }
            group.addTask {
                await cancelWhenGracefulShutdown {
                    var ticks = 0
                    while (try? await Task.sleep(for: self.interval)) != nil {
                        self.tick()
                        ticks += 1
                        let isDue = ticks.isMultiple(of: 60)
                        if await self.watch.needsCheck() || isDue { await self.checkViewers() }
                    }
                }
            }
        }
    }

    /// How many sockets watch `unit`.
    package func viewerCount(of unit: UnitID) -> Int {
        audiences.withLock { $0[unit]?.viewers.count ?? 0 }
    }
}

// MARK: - Telling

extension StreamHub {
    /// Tells the viewers of a batch of updates.
    func tell(_ batch: [LiveUpdate]) {
        var frames: [UnitID: [Frame]] = [:]
        for update in batch {
            switch update {
            case .frame(let frame): frames[frame.unit, default: []].append(frame)
            case .feed(let unit, _): frames[unit, default: []] += []
            case .event: continue
            }
        }
        let now = clock.now
        audiences.withLock { audiences in
            for (unit, frames) in frames {
                var audience = audiences[unit] ?? Audience()
                let unseen = audience.stream.take(frames, at: now)
                if !audience.viewers.isEmpty {
                    var messages = unseen.map(StreamMessage.frame)
                    messages += statusChange(of: unit, &audience, now)
                    send(messages, to: audience.group)
                }
                audiences[unit] = audience
            }
            for case .event(let event) in batch {
                guard let unit = event.unit else { continue }
                send(event, toViewersOf: unit, &audiences, now)
            }
        }
    }

    /// Tells the viewers of an upstream's units of the events of a batch that are the upstream's.
    func tellOfUpstreams(_ batch: [LiveUpdate]) async {
        for case .event(let event) in batch {
            guard event.unit == nil, let upstream = event.upstream else { continue }
            do {
                let units = try await directory.units().filter { $0.upstream == upstream }
                let now = clock.now
                audiences.withLock { audiences in
                    for unit in units { send(event, toViewersOf: unit.id, &audiences, now) }
                }
            } catch {
                logger.warning("viewers were not told", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Tells viewers of an event that somebody said something of.
    func announce(_ event: SoundEvent) async {
        tell([.event(event)])
        await tellOfUpstreams([.event(event)])
    }

    private func send(
        _ event: SoundEvent, toViewersOf unit: UnitID, _ audiences: inout [UnitID: Audience],
        _ now: Timestamp
    ) {
        guard let audience = audiences[unit], !audience.viewers.isEmpty else { return }
        audiences[unit]?.stream.speak(at: now)
        send([StreamMessage.event(event)], to: audience.group)
    }

    /// Tells what changes by time alone: a state gone stale, a long silence.
    func tick() {
        let now = clock.now
        audiences.withLock { audiences in
            for (unit, var audience) in audiences where !audience.viewers.isEmpty {
                var messages = statusChange(of: unit, &audience, now)
                if audience.stream.needsHeartbeat(at: now) {
                    messages.append(StreamMessage.heartbeat)
                }
                send(messages, to: audience.group)
                audiences[unit] = audience
            }
        }
    }

    private func statusChange(
        of unit: UnitID, _ audience: inout Audience, _ now: Timestamp
    ) -> [ByteBuffer] {
        let state = live.state(of: unit)
        guard let status = audience.stream.change(to: state, at: now) else { return [] }
        return [StreamMessage.status(status, since: UnitStream.since(status, state))]
    }

    private func send(_ messages: [ByteBuffer], to group: WebSocketGroup) {
        guard !messages.isEmpty else { return }
        counts.sent(messages.count * group.count)
        group.send(framed: StreamHub.framed(messages), messages: messages.count)
    }

    private static func framed(_ messages: [ByteBuffer]) -> ByteBuffer {
        var bytes = ByteBuffer()
        for message in messages { WebSocket.write(frameOf: message, into: &bytes) }
        return bytes
    }
}

// MARK: - Viewers

extension StreamHub {
    /// Adds a viewer: it gets the frames that history does not have yet, or at least the newest
    /// one, then the state, then what comes; no frame twice, none left out.
    func join(_ unit: UnitID, _ socket: WebSocket) {
        demand.begin(unit)
        let now = clock.now
        let complete = history.completeUntil(unit)
        audiences.withLock { audiences in
            var audience = audiences[unit] ?? Audience()
            // Frames that are known and not told yet go to the others first: the feed, which
            // brings them again, will find them told.
            let recent = live.recent(unit, after: nil)
            let unseen = audience.stream.take(recent, at: now)
            send(unseen.map(StreamMessage.frame), to: audience.group)
            let state = live.state(of: unit)
            var first = StreamHub.unstored(recent, complete)
            if first.isEmpty, let newest = state.newest { first = [newest] }
            send(statusChange(of: unit, &audience, now), to: audience.group)
            let status = state.status(at: now)
            let greeting =
                first.map(StreamMessage.frame)
                + [StreamMessage.status(status, since: UnitStream.since(status, state))]
            counts.sent(greeting.count)
            counts.opened()
            socket.send(framed: StreamHub.framed(greeting), messages: greeting.count)
            audience.group.add(socket)
            audience.viewers[ObjectIdentifier(socket)] = socket
            audiences[unit] = audience
        }
    }

    /// Those of `recent` that history may not have yet.
    private static func unstored(_ recent: [Frame], _ complete: Timestamp?) -> [Frame] {
        guard let complete, let newest = recent.last?.time else { return recent }
        // Behind what is stored: the upstream's clock went back, and times tell nothing of this.
        return newest < complete ? recent : recent.filter { complete < $0.time }
    }

    func leave(_ unit: UnitID, _ socket: WebSocket) {
        audiences.withLock { audiences in
            audiences[unit]?.group.remove(socket)
            audiences[unit]?.viewers[ObjectIdentifier(socket)] = nil
        }
        counts.closed()
        demand.end(unit)
    }

    /// Closes the sockets whose access has ended (4401) or whose unit is gone (4404).
    func checkViewers() async {
        do {
            try await watch.check()
            let watched = audiences.withLock { audiences in
                audiences.filter { !$0.value.viewers.isEmpty }.map(\.key)
            }
            guard !watched.isEmpty else { return }
            let units = Set(try await directory.units().map(\.id))
            let lost = watched.filter { !units.contains($0) }
            let sockets = audiences.withLock { audiences in
                lost.flatMap { audiences[$0].map { Array($0.viewers.values) } ?? [] }
            }
            for socket in sockets { socket.close(.notFound) }
        } catch {
            logger.warning("viewers could not be checked", metadata: ["error": "\(error)"])
        }
    }
}

extension WebSocketCloseCode {
    static let sessionEnded = WebSocketCloseCode(rawValue: 4401)
    static let notFound = WebSocketCloseCode(rawValue: 4404)
}
