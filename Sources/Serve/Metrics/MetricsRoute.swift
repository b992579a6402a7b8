//  MetricsRoute.swift · Serve
//
//  Everything that is counted, for Prometheus. No label names a unit: a thousand of them would
//  make as many series of each family.

import Hummingbird
import Monitoring
import NIOCore

/// Answers `/metrics`.
struct MetricsRoute: Sendable {
    let sources: OperatorListener.Sources
    let counts: ServeCounts
    let version: String

    func respond() async throws -> Response {
        var text = MetricsText()
        let now = sources.clock.now
        let units = try await sources.directory.units().map(sources.snapshot(of:))
        text.family("earshot_build_info", .gauge, "The program; always 1.") {
            $0.sample(["version": version], 1)
        }
        writeProcess(&text)
        writeUpstreams(sources.upstreams.upstreams(), &text)
        writeUnits(units, at: now, &text)
        writePipeline(sources.pipeline.counts, &text)
        writeStore(
            sources.store.statistics(), isWorking: sources.store.reasons().isEmpty, &text)
        writeNotifications(try await sources.recipients.deliveries(.counts), &text)
        writeRequests(&text)
        writeSockets(&text)
        return Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text.text)))
    }

    private func writeProcess(_ text: inout MetricsText) {
        let usage = ProcessUsage()
        text.family(
            "earshot_process_cpu_seconds_total", .counter, "CPU time of user and system.",
            usage.cpuSeconds)
        text.family(
            "earshot_process_resident_memory_bytes", .gauge, "Memory that is in RAM.",
            usage.residentBytes)
        text.family(
            "earshot_process_open_fds", .gauge, "Open file descriptors.", usage.openFiles)
    }

    private func writeUpstreams(_ upstreams: [UpstreamStatus], _ text: inout MetricsText) {
        func write(
            _ name: String, _ kind: MetricsText.Kind, _ help: String,
            _ value: (UpstreamStatus) -> Double?
        ) {
            text.family("earshot_upstream_\(name)", kind, help) { family in
                for upstream in upstreams {
                    if let value = value(upstream) {
                        family.sample(["upstream": upstream.id], value)
                    }
                }
            }
        }
        write("up", .gauge, "Whether the upstream answers.") { $0.state == .ok ? 1 : 0 }
        write("requests_total", .counter, "Requests made.") { Double($0.requestCount) }
        write("failures_total", .counter, "Requests without a usable answer.") {
            Double($0.failureCount)
        }
        write("units", .gauge, "Units read through it.") { Double($0.units) }
        write("full_rate_units", .gauge, "Its units at full rate.") { Double($0.fullRateCount) }
        write("monitors", .gauge, "Feeds that run there, whoever started them.") {
            $0.monitorCount.map(Double.init)
        }
        write("clock_offset_seconds", .gauge, "How far its clock is ahead of ours.") {
            $0.clockOffsetMilliseconds.map { Double($0) / 1000 }
        }
    }

    private func writeUnits(
        _ units: [UnitSnapshot], at now: Timestamp, _ text: inout MetricsText
    ) {
        text.family("earshot_units", .gauge, "Units by how they are doing.") { family in
            let byCondition = Dictionary(grouping: units) { $0.condition(at: now) }
            for condition in UnitSnapshot.Condition.allCases {
                family.sample(
                    ["status": condition.rawValue], Double(byCondition[condition]?.count ?? 0))
            }
        }
        let byUpstream = Dictionary(grouping: units, by: \.unit.upstream)
            .sorted { $0.key < $1.key }
        text.family("earshot_faults_total", .counter, "What was wrong with readings.") { family in
            for (upstream, units) in byUpstream {
                for reason in FaultReason.allCases {
                    let count = units.reduce(0.0) { $0 + Double($1.faults[reason] ?? 0) }
                    family.sample(["upstream": upstream, "reason": reason.rawValue], count)
                }
            }
        }
        text.family(
            "earshot_cellular_bytes_total", .counter, "Cellular data that polling took; estimated."
        ) { family in
            for (upstream, units) in byUpstream {
                let reports = units.compactMap(\.report)
                guard !reports.isEmpty else { continue }
                family.sample(
                    ["upstream": upstream], reports.reduce(0) { $0 + Double($1.cellular.bytes) })
            }
        }
    }

    private func writeRequests(_ text: inout MetricsText) {
        let requests = counts.requests
        text.family("earshot_http_requests_total", .counter, "Requests by status class.") {
            for (route, requests) in requests {
                for (index, count) in requests.byClass.enumerated() where count > 0 {
                    $0.sample(
                        [
                            "listener": route.listener, "method": route.method,
                            "route": route.path, "status": "\(index + 1)xx",
                        ], Double(count))
                }
            }
        }
        text.family(
            "earshot_http_request_duration_seconds", .histogram, "Until an answer began."
        ) {
            for (route, requests) in requests {
                $0.histogram(
                    ["listener": route.listener, "method": route.method, "route": route.path],
                    requests.durations)
            }
        }
        text.family("earshot_limit_hits_total", .counter, "Bounds that were run into.") {
            for limit in Limit.allCases {
                $0.sample(["limit": limit.rawValue], Double(counts.hits(of: limit)))
            }
        }
    }

    private func writeSockets(_ text: inout MetricsText) {
        text.family(
            "earshot_websockets_open", .gauge, "Open streams.", Double(counts.socketsOpen))
        text.family(
            "earshot_websocket_messages_total", .counter,
            "Messages handed to sockets, those dropped later among them.",
            Double(counts.messagesSent))
        text.family(
            "earshot_websocket_messages_dropped_total", .counter,
            "Messages that slow readers lost.", Double(counts.messagesDropped))
    }
}
