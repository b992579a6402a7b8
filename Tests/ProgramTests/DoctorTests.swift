//  DoctorTests.swift · ProgramTests
//
//  Each fault planted by itself: it must be found under its name, and nothing else with it.

import Ingest
import Monitoring
import Store
import Testing

@testable import earshot

@Suite struct `A diagnosis` {
    private typealias Plant = @Sendable (inout MachineFacts) -> Void

    /// A machine that runs the service and has nothing to complain about.
    private static var healthy: MachineFacts {
        let settings = SettingsSources(environment: ["HOME": "/h"], file: .none).settle()
        var facts = MachineFacts(
            settings: settings, service: try? ServiceSettings(settings),
            now: Timestamp(milliseconds: 1_790_000_000_000))
        facts.data = .present(facts.user, isWritable: true, strangers: [])
        facts.keys = .good
        facts.registry = .good
        facts.hasCredentials = true
        facts.units = [unit]
        facts.levels = .read([], newest: [unit.id: Timestamp(milliseconds: 0)])
        facts.disk = .init(freeBytes: 50 << 30, totalBytes: 100 << 30)
        facts.listeners = [
            .init(setting: "operator_listen", address: Address("127.0.0.1:8081")!, port: .free)
        ]
        facts.upstreams = [("http://a:1", UpstreamProbe())]
        return facts
    }

    private static let unit = Unit(id: UnitID("NL43-0001")!, upstream: "a:1", upstreamUnit: "NL43-0001")

    private static func upstream(_ change: (inout UpstreamProbe) -> Void) -> Plant {
        var probe = UpstreamProbe()
        change(&probe)
        return { [probe] in $0.upstreams = [("http://a:1", probe)] }
    }

    private static func listening(_ port: MachineFacts.Listener.Port) -> Plant {
        { $0.listeners = [.init(setting: "portal_listen", address: Address("127.0.0.1:8080")!, port: port)] }
    }

    private static func set(_ environment: [String: String]) -> Plant {
        { facts in
            facts.settings = SettingsSources(environment: environment, file: .none).settle()
            facts.service = try? ServiceSettings(facts.settings)
        }
    }

    private struct Case: Sendable {
        let check: String
        let severity: Finding.Severity
        let words: String
        let plant: Plant

        init(
            _ severity: Finding.Severity, _ check: String, _ words: String,
            _ plant: @escaping Plant
        ) {
            self.check = check
            self.severity = severity
            self.words = words
            self.plant = plant
        }
    }

    private static let other = MachineFacts.Owner(user: 7, name: "lp")

    private static let cases: [Case] = [
        Case(.fault, "settings", "EARSHOT_RETENTION is x", set(["HOME": "/h", "EARSHOT_RETENTION": "x"])),
        Case(.warning, "settings", "EARSHOT_X is set", set(["HOME": "/h", "EARSHOT_X": "x"])),
        Case(
            .fault, "settings", "not https",
            set(["EARSHOT_PORTAL_LISTEN": "0.0.0.0:1", "EARSHOT_PUBLIC_URL": "http://a.example"])),
        Case(.fault, "clock", "in the past") { $0.now = Timestamp(milliseconds: 1_735_689_599_999) },
        Case(.warning, "clock", "not synchronised") { $0.isClockSynchronised = false },
        Case(.fault, "files", "Only 4095 files") { $0.openFilesMaximum = 4095 },
        Case(.fault, "data", "There is no data folder") { $0.data = .unknown },
        Case(.fault, "data", "does not exist") { $0.data = .missing },
        Case(.fault, "data", "it is not a folder") { $0.data = .unusable("it is not a folder") },
        Case(.fault, "data", "cannot be written") {
            $0.data = .present($0.user, isWritable: false, strangers: [])
        },
        Case(.fault, "data", "belongs to lp, and this is me") {
            $0.user = .init(user: 1000, name: "me")
            $0.data = .present(other, isWritable: true, strangers: [])
        },
        Case(.fault, "data", "not all belongs to root: registry.sqlite") {
            $0.data = .present($0.user, isWritable: true, strangers: ["registry.sqlite"])
        },
        Case(.note, "data", "in use by process 42") { $0.holder = "42" },
        Case(.fault, "disk", "nearly full: 1023 MiB") {
            $0.disk = .init(freeBytes: (1 << 30) - 1, totalBytes: 2 << 30)
        },
        Case(.fault, "disk", "nearly full") { $0.disk = .init(freeBytes: 4 << 30, totalBytes: 100 << 30) },
        Case(.fault, "keys", "keys/sessions.keys (644)") { $0.keys = .open(["keys/sessions.keys (644)"]) },
        Case(.fault, "keys", "cannot be used: it is short") { $0.keys = .malformed("it is short") },
        Case(.note, "keys", "no session keys yet") { $0.keys = .missing },
        Case(.fault, "registry", "is damaged: page 3") { $0.registry = .damaged("page 3") },
        Case(.fault, "registry", "newer version") { $0.registry = .newer },
        Case(.fault, "registry", "cannot be read: no") { $0.registry = .unreadable("no") },
        Case(.note, "registry", "no registry yet") { $0.registry = .missing },
        Case(.fault, "store", "seg/a: its checksum") {
            $0.levels = .read(
                [Damage(file: "seg/a", kind: "page", detail: "its checksum")],
                newest: [unit.id: Timestamp(milliseconds: 0)])
        },
        Case(.fault, "store", "cannot be read: denied") { $0.levels = .unreadable("denied") },
        Case(.fault, "ports", "in use by another program", listening(.inUse)),
        Case(.fault, "ports", "cannot be listened at: no such host", listening(.unusable("no such host"))),
        Case(.fault, "upstream", "does not answer: refused", upstream { $0.state = .down("refused") }),
        Case(.fault, "upstream", "does not answer in time", upstream { $0.state = .stalled }),
        Case(.fault, "upstream", "not an SLMM: it sings", upstream { $0.state = .foreign("it sings") }),
        Case(.fault, "upstream", "14 monitors run", upstream { $0.runningCount = 14 }),
        Case(.fault, "upstream", "14 units are watched", upstream { $0.watchedCount = 14 }),
        Case(.fault, "upstream", "at least 3 s ahead", upstream { $0.clockOffsetMilliseconds = 3000 }),
        Case(.fault, "upstream", "at least 2 s behind", upstream { $0.clockOffsetMilliseconds = -2001 }),
        Case(.warning, "upstream", "never had a reading of u1", upstream { $0.neverRead = ["u1"] }),
        Case(.note, "upstream", "There is no upstream") { $0.upstreams = [] },
        Case(.warning, "tokens", "no API token") { $0.hasCredentials = false },
        Case(.warning, "units", "No frame was ever stored of NL43-0001") {
            $0.levels = .read([], newest: [:])
        },
    ]

    @Test func `finds nothing wrong with a healthy machine`() {
        let findings = Diagnosis.findings(Self.healthy)
        #expect(findings.allSatisfy { $0.severity == .ok }, "\(findings)")
        #expect(Set(findings.map(\.check)).count == 12)
    }

    @Test(arguments: cases.indices)
    func `finds each fault by itself, and says what to do`(index: Int) {
        let planted = Self.cases[index]
        var facts = Self.healthy
        planted.plant(&facts)
        let findings = Diagnosis.findings(facts).filter { $0.severity != .ok }
        #expect(findings.count == 1, "\(findings)")
        let found = findings.first
        #expect(found?.check == planted.check && found?.severity == planted.severity)
        #expect(found?.sentence.contains(planted.words) == true, "\(findings)")
        let mustAct = planted.severity >= .warning
        #expect(!mustAct || found?.remedy?.isEmpty == false)
    }

    @Test func `stays quiet just within each bound`() {
        var facts = Self.healthy
        facts.openFilesMaximum = 4096
        facts.disk = .init(freeBytes: 1 << 30, totalBytes: 20 << 30)
        facts.now = Diagnosis.earliestNow
        facts.upstreams[0].probe.runningCount = 13
        facts.upstreams[0].probe.watchedCount = 13
        facts.upstreams[0].probe.clockOffsetMilliseconds = -2000
        #expect(Diagnosis.findings(facts).allSatisfy { $0.severity == .ok })
    }

    @Test func `takes the ports of a running service for its own`() {
        var facts = Self.healthy
        facts.holder = "42"
        facts.listeners = [
            .init(setting: "operator_listen", address: Address("127.0.0.1:8081")!, port: .inUse)
        ]
        #expect(Diagnosis.findings(facts).map(\.severity).max() == .note)
    }
}

@Suite struct `The holder of a data folder` {
    private let locks = """
        1: POSIX  ADVISORY  WRITE 41 fe:00:5 0 EOF
        2: FLOCK  ADVISORY  READ 42 fe:00:5 0 EOF
        3: FLOCK  ADVISORY  WRITE 43 fe:00:5 0 EOF
        4: FLOCK  ADVISORY  WRITE 44 fe:00:6 0 EOF
        """

    @Test(arguments: [
        (UInt64(5), "43", "43"), (5, "41", nil), (5, "42", nil), (5, "44", nil), (6, "44", "44"),
        (7, "43", nil), (5, "", nil),
    ])
    func `has the lock, and wrote its number`(inode: UInt64, written: String, holder: String?) {
        #expect(HolderProbe.holder(inode: inode, writtenPID: written, locks: locks) == holder)
    }
}
