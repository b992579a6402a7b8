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
    private struct Viewer {
        let socket: WebSocket
        /// Where a client looks; `nil` for an operator.
        let place: ClientPlace?
    }

    /// Who looks at a unit: operators, and clients by the stay that they see of it. As long as a stay
    /// is all that there is to see, they are sent the same bytes.
    private struct Audience {
        var stream = UnitStream()
        let operators = WebSocketGroup()
        var clients: [UnitStay: WebSocketGroup] = [:]
        var viewers: [ObjectIdentifier: Viewer] = [:]

        var groups: [WebSocketGroup] { [operators] + clients.values }

        mutating func group(of place: ClientPlace?) -> WebSocketGroup {
            guard let stay = place?.stay else { return operators }
            if let group = clients[stay] { return group }
            let group = WebSocketGroup()
            clients[stay] = group
            return group
        }

        mutating func remove(_ socket: WebSocket) {
            for group in groups { group.remove(socket) }
            clients = clients.filter { $0.value.count > 0 }
            viewers[ObjectIdentifier(socket)] = nil
        }
    }

    private let live: any LiveFeed
    private let history: any LevelHistory
    private let demand: any Demand
    private let directory: any UnitDirectory
    let counts: ServeCounts
    /// All sockets of both ports: whose access ends leaves within a second.
    let watch: SocketWatch
    private let clock: any WallClock
    private let interval: Duration
    private let logger: Logger
    /// Clients that look where no unit stands are at `nil`.
    private let audiences = Mutex<[UnitID?: Audience]>([:])

    /// - Parameter interval: how often viewers are told what changes by time alone. So often it is
    ///   looked whether anything was configured, too, or an access ended; then, and each sixtieth
    ///   time, it is checked whether viewers may still be there.
    package init(
        live: any LiveFeed, history: any LevelHistory, demand: any Demand,
        operators: any OperatorDirectory, directory: any UnitDirectory, counts: ServeCounts,
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
            revision: { [try await directory.revision(), try await operators.accessRevision()] },
            logger: logger)
    }

    /// Tells viewers until a graceful shutdown; their sockets are closed by the listener.
    package func run() async throws {
        let updates = live.updates()
        await withTaskGroup { group in
            group.addTask {
                for await batch in updates.cancelOnGracefulShutdown() {
                    await self.checkClients()
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
                        await self.checkViewers(always: ticks.isMultiple(of: 60))
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
                    let status = statusChange(of: unit, &audience, now)
                    send(unseen, status, to: audience)
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
        _ event: SoundEvent, toViewersOf unit: UnitID, _ audiences: inout [UnitID?: Audience],
        _ now: Timestamp
    ) {
        guard let viewers = audiences[unit]?.viewers.values, !viewers.isEmpty else { return }
        audiences[unit]?.stream.speak(at: now)
        let whole = StreamHub.framed([StreamMessage.event(event)])
        let scrubbed = StreamMessage.clientEvent(event).map { StreamHub.framed([$0]) }
        for viewer in viewers {
            let bytes: ByteBuffer?
            if let place = viewer.place {
                bytes = place.location == event.location ? scrubbed : nil
            } else {
                bytes = whole
            }
            guard let bytes else { continue }
            counts.sent(1)
            viewer.socket.send(framed: bytes, messages: 1)
        }
    }

    /// Tells what changes by time alone: a state gone stale, a long silence.
    func tick() {
        let now = clock.now
        audiences.withLock { audiences in
            for (unit, var audience) in audiences where !audience.viewers.isEmpty {
                var messages = unit.map { statusChange(of: $0, &audience, now) } ?? []
                if audience.stream.needsHeartbeat(at: now) {
                    messages.append(StreamMessage.heartbeat)
                }
                for group in audience.groups { send(messages, to: group) }
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

    /// Tells an audience of frames and what comes with them. Clients are sent what they may see.
    private func send(_ frames: [Frame], _ others: [ByteBuffer], to audience: Audience) {
        let messages = frames.map(StreamMessage.frame) + others
        guard !messages.isEmpty else { return }
        let whole = StreamHub.framed(messages)
        counts.sent(messages.count * audience.operators.count)
        audience.operators.send(framed: whole, messages: messages.count)
        for (stay, group) in audience.clients {
            if frames.allSatisfy({ stay.contains($0.time) && stay.isWhole($0) }) {
                counts.sent(messages.count * group.count)
                group.send(framed: whole, messages: messages.count)
            } else {
                send(frames.compactMap(stay.scrubbed).map(StreamMessage.frame) + others, to: group)
            }
        }
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
    ///
    /// - Parameter unit: `nil`: where a client looks, no unit stands.
    /// - Parameter place: where a client looks; `nil` for an operator.
    func join(
        _ unit: UnitID?, _ socket: WebSocket, at place: ClientPlace? = nil
    ) {
        if let unit { demand.begin(unit) }
        let now = clock.now
        audiences.withLock { audiences in
            var audience = audiences[unit] ?? Audience()
            let greeting = unit.map { self.greeting(of: $0, &audience, for: place, now) }
                ?? [StreamMessage.unassigned]
            counts.sent(greeting.count)
            counts.opened()
            socket.send(framed: StreamHub.framed(greeting), messages: greeting.count)
            audience.group(of: place).add(socket)
            audience.viewers[ObjectIdentifier(socket)] = Viewer(socket: socket, place: place)
            audiences[unit] = audience
        }
    }

    /// What a new viewer is told first.
    private func greeting(
        of unit: UnitID, _ audience: inout Audience, for place: ClientPlace?, _ now: Timestamp
    ) -> [ByteBuffer] {
        // Frames that are known and not told yet go to the others first: the feed, which brings
        // them again, will find them told.
        let recent = live.recent(unit, after: nil)
        let unseen = audience.stream.take(recent, at: now)
        let state = live.state(of: unit)
        send(unseen, statusChange(of: unit, &audience, now), to: audience)
        var first = StreamHub.unstored(recent, history.completeUntil(unit))
        if first.isEmpty, let newest = state.newest { first = [newest] }
        if let stay = place?.stay { first = first.compactMap(stay.scrubbed) }
        let status = state.status(at: now)
        return first.map(StreamMessage.frame)
            + [StreamMessage.status(status, since: UnitStream.since(status, state))]
    }

    /// Those of `recent` that history may not have yet.
    private static func unstored(_ recent: [Frame], _ complete: Timestamp?) -> [Frame] {
        guard let complete, let newest = recent.last?.time else { return recent }
        // Behind what is stored: the upstream's clock went back, and times tell nothing of this.
        return newest < complete ? recent : recent.filter { complete < $0.time }
    }

    func leave(_ unit: UnitID?, _ socket: WebSocket) {
        audiences.withLock { $0[unit]?.remove(socket) }
        counts.closed()
        if let unit { demand.end(unit) }
    }

    /// As ``checkViewers(always:)`` while there are clients: of what ends their sight of a unit
    /// nothing may come after.
    private func checkClients() async {
        let hasClients = audiences.withLock { $0.values.contains { !$0.clients.isEmpty } }
        if hasClients { await checkViewers(always: false) }
    }

    /// Closes the sockets whose access has ended (4401), whose unit is gone, or is no longer where a
    /// client looks (4404).
    ///
    /// - Parameter always: also when nothing was configured, and no access ended, since the last time.
    func checkViewers(always: Bool = true) async {
        guard await watch.needsCheck() || always else { return }
        do {
            try await watch.check()
            let viewers = audiences.withLock { audiences in
                audiences.flatMap { unit, audience in audience.viewers.values.map { (unit, $0) } }
            }
            guard !viewers.isEmpty else { return }
            let units = Set(try await directory.units().map(\.id))
            for (unit, viewer) in viewers {
                if let unit, !units.contains(unit) {
                    close(viewer, of: unit)
                } else if let place = viewer.place, try await !place.holds() {
                    close(viewer, of: unit)
                }
            }
        } catch {
            watch.forgetCheck()
            logger.warning("viewers could not be checked", metadata: ["error": "\(error)"])
        }
    }

    /// There is nothing to see any more: from now on the viewer is told nothing.
    private func close(_ viewer: Viewer, of unit: UnitID?) {
        audiences.withLock { $0[unit]?.remove(viewer.socket) }
        viewer.socket.close(.notFound)
    }
}

extension WebSocketCloseCode {
    static let sessionEnded = WebSocketCloseCode(rawValue: 4401)
    static let notFound = WebSocketCloseCode(rawValue: 4404)
}
