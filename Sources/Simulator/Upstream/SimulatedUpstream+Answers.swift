//  SimulatedUpstream+Answers.swift · Simulator
//
//  What each request is answered. Keys, their order, spellings and statuses are those recorded
//  from the real upstream, 0.4.0.

extension SimulatedUpstream {
    /// - Parameters:
    ///   - segments: of the path, without percent-encoding.
    ///   - query: the value of a query parameter, decoded.
    mutating func answer(
        method: String, segments: [String], query: (String) -> String?
    ) -> Answer {
        do throws(Route.Failure) {
            switch try Route(method: method, segments: segments) {
            case .health: return .ok(["status": "ok", "service": "slmm-nl43-addon"])
            case .deviceHealth: return deviceHealth()
            case .roster: return roster()
            case .monitorStatus: return monitorStatus()
            case .pollingStatus: return pollingStatus()
            case .systemStatus: return systemStatus()
            case .connectionsStatus: return connectionsStatus()
            case .unit(let unit, let route): return answer(route, of: unit, query: query)
            }
        } catch {
            switch error {
            case .notFound: return .failure(404, UpstreamText.notFound)
            case .methodNotAllowed: return .failure(405, UpstreamText.methodNotAllowed)
            }
        }
    }

    private mutating func answer(
        _ route: Route.UnitRoute, of unit: String, query: (String) -> String?
    ) -> Answer {
        switch route {
        case .config: return config(unit)
        case .status: return status(unit)
        case .live: return live(unit)
        case .history: return history(unit, hours: query("hours"))
        case .measurementState: return measurementState(unit)
        case .monitorStart: return monitorStart(unit)
        case .monitorStop: return monitorStop(unit)
        case .start: return start(unit)
        case .stop: return stop(unit)
        case .reset: return reset(unit)
        case .rules: return .ok(["status": "ok", "rules": []])
        case .events:
            if let limit = query("limit"), Int(limit) == nil {
                return .invalid(.integer, query: "limit", input: limit)
            }
            return .ok(["status": "ok", "events": []])
        }
    }

    // MARK: One unit

    /// Position of a unit that has a configuration.
    private func knownIndex(_ unit: String) -> Int? {
        indexes[unit].flatMap { feeds[$0].isListed ? $0 : nil }
    }

    private func config(_ unit: String) -> Answer {
        guard let index = knownIndex(unit) else { return .failure(404, UpstreamText.noConfig) }
        return .ok([
            "status": "ok",
            "data": [
                "unit_id": .text(unit), "host": .text(host(index)), "tcp_port": .integer(tcpPort),
                "tcp_enabled": true, "ftp_enabled": false, "web_enabled": false,
                "poll_enabled": true, "poll_interval_seconds": 30,
            ],
        ])
    }

    private func status(_ unit: String) -> Answer {
        // The row of a deleted unit may be there: nothing but the row is looked at.
        guard let index = indexes[unit] else { return .failure(404, UpstreamText.noStatus) }
        let seen: UpstreamTime
        var row: Reading?
        switch feeds[index].shownRow(at: now) {
        case .none: return .failure(404, UpstreamText.noStatus)
        case .created(let time): seen = time
        case .read(let reading): (seen, row) = (reading.time, reading)
        }
        let background = feeds[index].shownPolls(at: now)
        return .ok([
            "status": "ok",
            "data": [
                "unit_id": .text(unit),
                "last_seen": .text(seen.text),
                "measurement_state": .text(row?.stateText ?? UpstreamText.unknownState),
                "measurement_start_time": .text(row?.measurementStart?.text),
                "lp": .text(row?.text(.lp)),
                "leq": .text(row?.text(.leq)),
                "lmax": .text(row?.text(.lmax)),
                "lmin": .text(row?.text(.lmin)),
                "lpeak": .text(row?.text(.lpeak)),
                "ln1": .text(row?.text(.ln1)),
                "ln2": .text(row?.text(.ln2)),
                "battery_level": nil, "power_source": nil,
                "sd_remaining_mb": nil, "sd_free_ratio": nil,
                "raw_payload": .text(row?.rawPayload),
                "is_reachable": .bool(background.isReachable),
                "consecutive_failures": .integer(background.failures),
                "last_poll_attempt": .text(background.lastAttempt?.text),
                "last_success": .text(background.lastSuccess?.text),
                "last_error": .text(background.lastError),
            ],
        ])
    }

    private mutating func live(_ unit: String) -> Answer {
        guard let index = knownIndex(unit) else { return .failure(404, UpstreamText.noConfig) }
        guard let reading = readNow(index) else {
            return .failure(502, UpstreamText.meterFailed)
        }
        return .ok(
            [
                "status": "ok",
                "data": [
                    "unit_id": .text(unit),
                    "measurement_state": .text(reading.rawStateText),
                    "counter": nil,
                    "lp": .text(reading.text(.lp)),
                    "leq": .text(reading.text(.leq)),
                    "lmax": .text(reading.text(.lmax)),
                    "lmin": .text(reading.text(.lmin)),
                    "lpeak": .text(reading.text(.lpeak)),
                    "ln1": .text(reading.text(.ln1)),
                    "ln2": .text(reading.text(.ln2)),
                    "battery_level": nil, "power_source": nil,
                    "sd_remaining_mb": nil, "sd_free_ratio": nil,
                    "raw_payload": .text(reading.rawPayload),
                    "measurement_start_time": .text(reading.measurementStart?.text),
                ],
            ], meterMilliseconds: 2050)
    }

    private mutating func measurementState(_ unit: String) -> Answer {
        guard let index = knownIndex(unit) else { return .failure(404, UpstreamText.noConfig) }
        guard let reading = readNow(index) else {
            return .failure(502, UpstreamText.connectFailed)
        }
        return .ok(
            [
                "status": "ok", "measurement_state": .text(reading.rawStateText),
                "is_measuring": .bool(reading.isMeasuring),
            ], meterMilliseconds: 1005)
    }

    /// - Parameter hours: clamped to 0.1 … 48; 2 when absent.
    private func history(_ unit: String, hours text: String?) -> Answer {
        guard let hours = Double(text ?? "2"), !hours.isNaN else {
            return .invalid(.float, query: "hours", input: text ?? "")
        }
        let clamped = min(48, max(0.1, hours))
        var readings: [JSON] = []
        // Readings of a deleted unit stay.
        if let index = indexes[unit] {
            let since = wallClock.advanced(byMicroseconds: -Int64(clamped * 3_600_000_000))
            readings = feeds[index].trail.points(since: since).map { point in
                [
                    "timestamp": .text(point.time.text), "lp": .text(Reading.text(point.lp)),
                    "leq": .text(Reading.text(point.leq)),
                    "lmax": .text(Reading.text(point.lmax)),
                    "ln1": .text(Reading.text(point.ln1)),
                    "ln2": .text(Reading.text(point.ln2)),
                ]
            }
        }
        return .ok([
            "status": "ok", "unit_id": .text(unit), "hours": .number(clamped),
            "count": .integer(readings.count), "readings": .array(readings),
        ])
    }

    private mutating func monitorStart(_ unit: String) -> Answer {
        if let index = monitorIndex(unit) { feeds[index].keepMonitor(at: now) }
        return .ok([
            "status": "ok", "unit_id": .text(unit), "monitor_enabled": true, "running": true,
        ])
    }

    private mutating func monitorStop(_ unit: String) -> Answer {
        if let index = indexes[unit] { feeds[index].dropMonitor() }
        return .ok(["status": "ok", "unit_id": .text(unit), "monitor_enabled": false])
    }

    // MARK: Commands to a meter

    private mutating func start(_ unit: String) -> Answer {
        guard let index = knownIndex(unit) else { return .failure(404, UpstreamText.noConfig) }
        guard feeds[index].isAnswering else { return .failure(502, UpstreamText.meterFailed) }
        guard feeds[index].startMeasurement(at: now) else {
            return .failure(500, UpstreamText.internalError)
        }
        return .ok(
            ["status": "ok", "message": "Measurement started"], meterMilliseconds: 4100)
    }

    private mutating func stop(_ unit: String) -> Answer {
        guard let index = knownIndex(unit) else { return .failure(404, UpstreamText.noConfig) }
        guard feeds[index].isAnswering else { return .failure(502, UpstreamText.meterFailed) }
        feeds[index].stopMeasurement(at: now)
        return .ok(
            ["status": "ok", "message": "Measurement stopped"], meterMilliseconds: 3120)
    }

    private mutating func reset(_ unit: String) -> Answer {
        guard let index = knownIndex(unit) else { return .failure(404, UpstreamText.noConfig) }
        guard feeds[index].isAnswering else { return .failure(502, UpstreamText.meterFailed) }
        feeds[index].resetMeasurement(at: now)
        return .ok(
            ["status": "ok", "message": "Measurement data reset"], meterMilliseconds: 1045)
    }
}
