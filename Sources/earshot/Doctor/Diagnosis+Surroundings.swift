//  Diagnosis+Surroundings.swift · earshot
//
//  Ports, upstreams, and who may sign in.

import Ingest
import Monitoring

extension Diagnosis {
    /// Feeds that one upstream bears; it freezes beyond 15 of its own connections.
    static let feedsMaximum = 13
    static let clockOffsetMaximumMilliseconds: Int64 = 2000

    static func ports(_ facts: MachineFacts) -> [Finding] {
        facts.listeners.compactMap { listener in
            let address = listener.address.authority(port: listener.address.port)
            switch listener.port {
            case .free: return nil
            case .inUse where facts.holder != nil:
                return Finding(.note, "ports", "\(address) is in use, as it should be: the service runs.")
            case .inUse:
                return Finding(
                    .fault, "ports", "\(address) is in use by another program.",
                    remedy: "Stop it (ss -ltnp tells its name), or give another \(listener.setting).")
            case .unusable(let reason):
                return Finding(
                    .fault, "ports", "\(address) cannot be listened at: \(reason).",
                    remedy: "Give another \(listener.setting).")
            }
        }
    }

    static func upstreams(_ facts: MachineFacts) -> [Finding] {
        guard !facts.upstreams.isEmpty else {
            return [
                Finding(.note, "upstream", "There is no upstream; only history and pages are served.")
            ]
        }
        return facts.upstreams.flatMap { findings(of: $0.probe, at: $0.url) }
    }

    private static func findings(of probe: UpstreamProbe, at url: String) -> [Finding] {
        switch probe.state {
        case .down(let reason):
            return [
                Finding(
                    .fault, "upstream", "\(url) does not answer: \(reason).",
                    remedy: "Start the SLMM there, or mend --upstream; history goes on meanwhile.")
            ]
        case .stalled:
            return [
                Finding(
                    .fault, "upstream", "\(url) accepts connections and does not answer in time.",
                    remedy: "Restart the SLMM; it freezes when more than 15 of its units are watched.")
            ]
        case .foreign(let reason):
            return [
                Finding(
                    .fault, "upstream", "\(url) is not an SLMM: \(reason).",
                    remedy: "Give the base URL of an SLMM 0.4, like http://slmm:8100.")
            ]
        case .ok: break
        }
        return load(of: probe, at: url) + clock(of: probe, at: url) + unread(by: probe, at: url)
    }

    private static func load(of probe: UpstreamProbe, at url: String) -> [Finding] {
        let counts = [
            (probe.runningCount, "monitors run"), (probe.watchedCount, "units are watched"),
        ]
        return counts.filter { $0.0 > feedsMaximum }.map { count, what in
            Finding(
                .fault, "upstream", "At \(url), \(count) \(what); it freezes beyond 15.",
                remedy: "Stop monitors there until at most \(feedsMaximum) run, or move units to "
                    + "another SLMM.")
        }
    }

    private static func clock(of probe: UpstreamProbe, at url: String) -> [Finding] {
        guard let offset = probe.clockOffsetMilliseconds,
            abs(offset) > clockOffsetMaximumMilliseconds
        else { return [] }
        let direction = offset > 0 ? "ahead of" : "behind"
        return [
            Finding(
                .fault, "upstream",
                "The clock of \(url) is at least \(abs(offset) / 1000) s \(direction) ours.",
                remedy: "Synchronise both machines: timedatectl set-ntp true.")
        ]
    }

    private static func unread(by probe: UpstreamProbe, at url: String) -> [Finding] {
        guard !probe.neverRead.isEmpty else { return [] }
        return [
            Finding(
                .warning, "upstream", "\(url) has never had a reading of \(list(probe.neverRead)).",
                remedy: "See whether these meters have power and a connection.")
        ]
    }

    static func tokens(_ facts: MachineFacts) -> [Finding] {
        guard !facts.hasCredentials else { return [] }
        return [
            Finding(
                .warning, "tokens", "There is no operator and no API token; nobody can sign in.",
                remedy: "earshot operator add NAME --role admin --data \(facts.dataPath)")
        ]
    }

    static func units(_ facts: MachineFacts) -> [Finding] {
        guard case .read(_, let newest) = facts.levels else { return [] }
        let unread = facts.units.filter { newest[$0.id] == nil }.map(\.id.name)
        guard !unread.isEmpty else { return [] }
        return [
            Finding(
                .warning, "units", "No frame was ever stored of \(list(unread)).",
                remedy: "See whether the upstream has readings of them, or remove these units.")
        ]
    }

    private static func list(_ names: [String]) -> String {
        let told = 5
        let more = names.count > told ? " and \(names.count - told) more" : ""
        return names.prefix(told).joined(separator: ", ") + more
    }
}
