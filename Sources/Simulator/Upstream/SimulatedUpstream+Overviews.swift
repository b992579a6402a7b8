//  SimulatedUpstream+Overviews.swift · Simulator
//
//  Answers about all units at once.

extension SimulatedUpstream {
    /// The meters' addresses are made up, in a private range; nothing connects to them.
    func host(_ index: Int) -> String { "10.43.\(index / 250).\(index % 250 + 1)" }
    /// The port that an NL-43 listens on.
    var tcpPort: Int { 2255 }

    func roster() -> Answer {
        let devices = listed.map { index -> JSON in
            let feed = feeds[index]
            let status: JSON =
                switch feed.shownRow(at: now) {
                case .none: .null
                case .created(let time): rosterStatus(feed, time, UpstreamText.unknownState)
                case .read(let row): rosterStatus(feed, row.time, row.stateText)
                }
            return [
                "unit_id": .text(feed.name), "host": .text(host(index)),
                "tcp_port": .integer(tcpPort), "ftp_port": 21, "tcp_enabled": true,
                "ftp_enabled": false, "ftp_username": nil, "ftp_password": nil,
                "web_enabled": false, "poll_enabled": true, "poll_interval_seconds": 30,
                "monitor_enabled": .bool(feed.monitorEnabled), "status": status,
            ]
        }
        return .ok([
            "status": "ok", "devices": .array(devices), "total": .integer(devices.count),
        ])
    }

    private func rosterStatus(_ feed: UnitFeed, _ seen: UpstreamTime, _ state: String) -> JSON {
        let polls = feed.shownPolls(at: now)
        return [
            "last_seen": .text(seen.text), "measurement_state": .text(state),
            "is_reachable": .bool(polls.isReachable),
            "consecutive_failures": .integer(polls.failures),
            "last_success": .text(polls.lastSuccess?.text),
            "last_error": .text(polls.lastError),
        ]
    }

    /// Positions of the units on the roster.
    private var listed: [Int] { feeds[..<rosterCount].indices.filter { feeds[$0].isListed } }

    func deviceHealth() -> Answer {
        let devices = listed.map { index -> JSON in
            let address: [JSON.Member] = [
                .init(key: "unit_id", value: .text(feeds[index].name)),
                .init(key: "host", value: .text(host(index))),
                .init(key: "port", value: .integer(tcpPort)),
                .init(key: "reachable", value: .bool(feeds[index].isAnswering)),
            ]
            // The connection pool knows of meters that answer; the others were tried just now.
            return .object(
                address
                    + (feeds[index].isAnswering
                        ? [.init(key: "error", value: nil), .init(key: "source", value: "pool")]
                        : [.init(key: "error", value: "ConnectionError")]))
        }
        let reachable = listed.count { feeds[$0].isAnswering }
        return .ok([
            "status": reachable == devices.count ? "ok" : "degraded", "devices": .array(devices),
            "total_devices": .integer(devices.count), "reachable_devices": .integer(reachable),
        ])
    }

    /// Only units that had a monitor since the start.
    func monitorStatus() -> Answer {
        let monitors = monitored.compactMap { index -> JSON.Member? in
            let feed = feeds[index]
            guard let monitor = feed.monitor else { return nil }
            return .init(
                key: feed.name,
                value: [
                    "running": .bool(monitor.isRunning),
                    "subscribers": .integer(monitor.subscribers),
                    "keepalive": .bool(monitor.isKeptAlive),
                    "reachable": .bool(feed.isReachable), "mode": .text(feed.mode),
                ])
        }
        return .ok(["status": "ok", "monitors": .object(monitors)])
    }

    func pollingStatus() -> Answer {
        let devices = listed.map { index -> JSON in
            let feed = feeds[index]
            let polls = feed.shownPolls(at: now)
            return [
                "unit_id": .text(feed.name), "poll_interval_seconds": 30, "poll_enabled": true,
                "is_reachable": feed.row == nil ? nil : .bool(polls.isReachable),
                "consecutive_failures": .integer(polls.failures),
                "last_poll_attempt": .text(polls.lastAttempt?.text),
                "last_success": .text(polls.lastSuccess?.text),
                "last_error": .text(polls.lastError),
            ]
        }
        return .ok([
            "status": "ok",
            "data": [
                "poller_running": true, "total_devices": .integer(devices.count),
                "devices": .array(devices),
            ],
        ])
    }

    func systemStatus() -> Answer {
        .ok([
            "status": "ok", "mode": "active", "polling_active": true,
            "active_connections": .integer(connected.count),
        ])
    }

    func connectionsStatus() -> Answer {
        let connections = connected.map { index -> JSON.Member in
            let idle = feeds[index].row.map { Double(wallClock.microseconds(since: $0.time)) / 1e6 } ?? 0
            let age = JSON.number((idle * 10).rounded() / 10)
            return .init(
                key: "\(host(index)):\(tcpPort)",
                value: [
                    "host": .text(host(index)), "port": .integer(tcpPort), "age_seconds": age,
                    "idle_seconds": age, "alive": true,
                ])
        }
        return .ok([
            "status": "ok",
            "pool": [
                "enabled": true, "active_connections": .integer(connected.count),
                "idle_ttl": 300.0, "max_age": 1800.0, "keepalive_idle": 15,
                "keepalive_interval": 10, "keepalive_count": 3,
                "connections": .object(connections),
            ],
        ])
    }

    /// Indexes of the units that the upstream holds a connection to.
    private var connected: [Int] {
        feeds[..<rosterCount].indices.filter { feeds[$0].isAnswering && feeds[$0].row != nil }
    }
}
