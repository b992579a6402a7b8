//  Diagnosis.swift · earshot
//
//  From what was seen to what is wrong and what to do. Pure; one function for each thing.

import Monitoring
import Store

enum Diagnosis {
    /// The least room on the disk: a gigabyte, or a twentieth.
    static let freeBytesMinimum: UInt64 = 1 << 30
    /// Sockets of clients, upstreams, segments; see the limit of connections.
    static let openFilesMinimum: UInt64 = 4096
    /// 2025-01-01; an earlier clock was never set.
    static let earliestNow = Timestamp(milliseconds: 1_735_689_600_000)

    private typealias Check = @Sendable (MachineFacts) -> [Finding]

    private static let checks: [(name: String, good: String, find: Check)] = [
        ("settings", "The settings are good.", { settings($0) }),
        ("clock", "The clock is synchronised.", { clock($0) }),
        ("files", "Enough files may be open.", { openFiles($0) }),
        ("data", "The data folder can be used.", { data($0) }),
        ("disk", "There is room on the disk.", { disk($0) }),
        ("keys", "The session keys are good, and nobody else can read them.", { keys($0) }),
        ("registry", "The registry is whole.", { registry($0) }),
        ("store", "Every page of the store can be read.", { store($0) }),
        ("ports", "The ports are free.", { ports($0) }),
        ("upstream", "The upstreams answer as they should.", { upstreams($0) }),
        ("tokens", "There is an operator or an API token to sign in with.", { tokens($0) }),
        ("units", "Every unit has been read.", { units($0) }),
    ]

    /// Findings in a fixed order; one `ok` for each check that found nothing.
    static func findings(_ facts: MachineFacts) -> [Finding] {
        checks.flatMap { check in
            let found = check.find(facts)
            return found.isEmpty ? [Finding(.ok, check.name, check.good)] : found
        }
    }

    private static func settings(_ facts: MachineFacts) -> [Finding] {
        let wrong = facts.settings.problems
            + (facts.service.map {
                SettingsReview.conflicts(in: $0, hasCredentials: facts.hasCredentials)
            } ?? [])
        return wrong.map {
            Finding(
                .fault, "settings", $0,
                remedy: "Change it; `earshot config show` tells where each value comes from.")
        }
            + facts.settings.remarks.map {
                Finding(.warning, "settings", $0, remedy: "Remove it, or mend its name.")
            }
    }

    private static func clock(_ facts: MachineFacts) -> [Finding] {
        if facts.now < earliestNow {
            return [
                Finding(
                    .fault, "clock", "The clock says \(facts.now), which is in the past.",
                    remedy: "Set it; frames are dated by it: timedatectl set-ntp true.")
            ]
        }
        guard facts.isClockSynchronised == false else { return [] }
        return [
            Finding(
                .warning, "clock", "The system says that its clock is not synchronised.",
                remedy: "Let it be set over the network: timedatectl set-ntp true.")
        ]
    }

    private static func openFiles(_ facts: MachineFacts) -> [Finding] {
        guard facts.openFilesMaximum < openFilesMinimum else { return [] }
        return [
            Finding(
                .fault, "files",
                "Only \(facts.openFilesMaximum) files may be open; sockets count, too.",
                remedy: "Raise it to \(openFilesMinimum) or more: LimitNOFILE= in the unit, or "
                    + "ulimit -n before the start.")
        ]
    }

    private static func data(_ facts: MachineFacts) -> [Finding] {
        let path = facts.dataPath
        switch facts.data {
        case .unknown:
            return [Finding(.fault, "data", "There is no data folder.", remedy: "Give --data DIR.")]
        case .missing:
            return [
                Finding(
                    .fault, "data", "The data folder \(path) does not exist.",
                    remedy: "Start the service once, which makes it, or give another --data.")
            ]
        case .unusable(let reason):
            return [
                Finding(
                    .fault, "data", "The data folder \(path) cannot be used: \(reason).",
                    remedy: "Put a folder there that this user can write, or give another --data.")
            ]
        case .present(let owner, let isWritable, let strangers):
            return self.data(facts, owner, isWritable, strangers)
        }
    }

    private static func data(
        _ facts: MachineFacts, _ owner: MachineFacts.Owner, _ isWritable: Bool,
        _ strangers: [String]
    ) -> [Finding] {
        let path = facts.dataPath
        var findings: [Finding] = []
        // Root may write everything; the service then runs as the folder's owner.
        if facts.user.user != 0, owner != facts.user {
            findings.append(
                Finding(
                    .fault, "data",
                    "The data folder \(path) belongs to \(owner.name), and this is \(facts.user.name).",
                    remedy: "Run it as \(owner.name): sudo -u \(owner.name) earshot …"))
        } else if !isWritable {
            findings.append(
                Finding(
                    .fault, "data", "The data folder \(path) cannot be written.",
                    remedy: "chmod u+rwx \(path), or mount its disk for writing."))
        }
        if !strangers.isEmpty {
            findings.append(
                Finding(
                    .fault, "data",
                    "In \(path), not all belongs to \(owner.name): \(strangers.joined(separator: ", ")).",
                    remedy: "chown -R \(owner.name) \(path)"))
        }
        if let holder = facts.holder {
            findings.append(
                Finding(.note, "data", "The data folder \(path) is in use by process \(holder)."))
        }
        return findings
    }

    private static func disk(_ facts: MachineFacts) -> [Finding] {
        guard let disk = facts.disk,
            disk.freeBytes < freeBytesMinimum || disk.freeBytes < disk.totalBytes / 20
        else { return [] }
        return [
            Finding(
                .fault, "disk",
                "The disk of \(facts.dataPath) is nearly full: \(disk.freeBytes >> 20) MiB of "
                    + "\(disk.totalBytes >> 20) MiB are free.",
                remedy: "Free at least 1 GiB and 5 %, or keep raw frames for less long: --retention.")
        ]
    }

    private static func keys(_ facts: MachineFacts) -> [Finding] {
        switch facts.keys {
        case .missing:
            [Finding(.note, "keys", "There are no session keys yet; the first start makes them.")]
        case .open(let paths):
            [
                Finding(
                    .fault, "keys",
                    "Others than the owner may use \(paths.joined(separator: ", ")).",
                    remedy: "chmod 700 \(facts.dataPath)/keys && chmod 600 \(facts.dataPath)/keys/*; "
                        + "if somebody may have read a key, remove the file: all sign in anew.")
            ]
        case .malformed(let reason):
            [
                Finding(
                    .fault, "keys", "The session keys cannot be used: \(reason).",
                    remedy: "Remove the file; new keys are made, and all sign in anew.")
            ]
        case .good: []
        }
    }

    private static func registry(_ facts: MachineFacts) -> [Finding] {
        let path = facts.dataPath + "/registry.sqlite"
        switch facts.registry {
        case .good: return []
        case .missing:
            return [Finding(.note, "registry", "There is no registry yet; the first start makes it.")]
        case .newer:
            return [
                Finding(
                    .fault, "registry", "\(path) was written by a newer version of earshot.",
                    remedy: "Install that version again, or restore a backup of before it.")
            ]
        case .damaged(let reason):
            return [
                Finding(
                    .fault, "registry", "\(path) is damaged: \(reason).",
                    remedy: "Stop the service and restore the file from a backup.")
            ]
        case .unreadable(let reason):
            return [
                Finding(
                    .fault, "registry", "\(path) cannot be read: \(reason).",
                    remedy: "Run as the owner of the data folder, or mend its permissions.")
            ]
        }
    }

    private static func store(_ facts: MachineFacts) -> [Finding] {
        switch facts.levels {
        case .missing:
            return [Finding(.note, "store", "There is no store yet; the first start makes it.")]
        case .unreadable(let reason):
            return [
                Finding(
                    .fault, "store", "The store cannot be read: \(reason).",
                    remedy: "Run as the owner of the data folder, or mend its permissions.")
            ]
        case .read(let damage, _):
            let told = 10
            var findings = damage.prefix(told).map { damage in
                let unit = damage.unit.map { ", unit \($0.name)" } ?? ""
                let range = damage.from.map { ", from \($0)" } ?? ""
                return Finding(
                    .fault, "store", "\(damage.file)\(unit)\(range): \(damage.detail)",
                    remedy: "What is damaged is left out of history; restore the file from a backup.")
            }
            if damage.count > told {
                findings.append(
                    Finding(.fault, "store", "\(damage.count - told) more parts are damaged."))
            }
            return findings
        }
    }
}
