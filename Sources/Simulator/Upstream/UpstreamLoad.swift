//  UpstreamLoad.swift · Simulator
//
//  Who uses the upstream now, and when that is too much. The real one has 15 connections to its
//  database: a watched unit's poll holds one while it waits for the meter, a request holds one
//  while it is answered, and the sixteenth waits in the way of everything:
//
//      running ──watched + requests > 15──▶ frozen ──30 s──▶ running, for 30 s at least
//
//  Source: 16 watched units gave no frame for 30 s, then frames for 36 s, then none for 30 s.

/// Requests, sockets and freezes of one upstream. Pure.
struct UpstreamLoad: Sendable {
    private(set) var stats = UpstreamStats()
    private(set) var sockets = 0
    /// When the freeze ends; `nil` while there is none.
    private(set) var thaw: UpstreamTime?
    private var inFlight = 0
    private var watched = 0
    private var nextFreeze = UpstreamTime(microseconds: .min)

    static let connections = 15
    static let freezeMicroseconds: Int64 = 30_000_000

    mutating func arrive(method: String, segments: [String]) {
        inFlight += 1
        stats.count(method: method, segments: segments)
        note()
    }

    mutating func leave() {
        precondition(inFlight > 0)
        inFlight -= 1
    }

    /// - Parameters:
    ///   - watched: units with at least one socket.
    ///   - sockets: by how many there are more.
    mutating func setWatched(_ watched: Int, sockets: Int) {
        self.watched = watched
        self.sockets += sockets
        note()
    }

    /// Freezes when the load is too high, and nothing is silent already.
    mutating func check(at time: UpstreamTime, isSilent: Bool) {
        guard watched + inFlight > UpstreamLoad.connections, !isSilent, time >= nextFreeze else {
            return
        }
        thaw = time.advanced(byMicroseconds: UpstreamLoad.freezeMicroseconds)
        stats.freezes += 1
    }

    /// The freeze is over.
    mutating func end(at time: UpstreamTime) {
        thaw = nil
        nextFreeze = time.advanced(byMicroseconds: UpstreamLoad.freezeMicroseconds)
    }

    private mutating func note() {
        stats.note(inFlight: inFlight, watched: watched, sockets: sockets)
    }
}
