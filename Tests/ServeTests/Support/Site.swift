//  Site.swift · ServeTests
//
//  An operators' port on loopback with fakes behind it.

import Monitoring
import NIOCore
import ServiceLifecycle
import Store
import Support

@testable import Serve

/// An operators' port and all that is behind it.
struct Site {
    let clock = ManualClock()
    let directory = FakeDirectory([
        Unit(id: "a", upstream: "north", upstreamUnit: "a1"),
        Unit(
            id: "b-2", upstream: "south", upstreamUnit: "b", ln1Percent: 1, ln2Percent: 10,
            frequencyWeighting: "A", timeWeighting: "F", rate: .full),
    ])
    let books = FakeBooks()
    var history = FakeHistory()
    /// What imports go into, and exports come from.
    var frames = FakeStore()
    let feed = FakeFeed()
    let demand = FakeDemand()
    var tokens = FakeTokens()
    let recipients = FakeRecipients()
    /// For what people configure, the registry itself.
    let registry = TemporaryRegistry()
    var units = FakeUnitHealth()
    var pipeline = FakePipeline()
    var faults: [FakeFaults] = []
    let counts = ServeCounts()
    var assets = Site.plainAssets
    var logger = quietLogger
    /// In the history's place.
    var exported: (any LevelHistory)?
    /// In the books' place, for where is measured.
    var siteBook: (any SiteBook)?
    /// In the directory's place.
    var broken: (any UnitDirectory)?
    var store = FakeStoreHealth()
    var upstreams = FakeUpstreams()
    var configuration = Site.patient
    var keys = KeyRing(keys: [.init(id: "k1", secret: Array(repeating: 9, count: 32))])

    /// Nobody is sent away for being slow: on a busy machine everybody is.
    static let patient = {
        var configuration = OperatorListener.Configuration(host: "127.0.0.1", port: 0)
        configuration.web = .patient
        return configuration
    }()

    static let plainAssets = AssetCatalog(files: [
        "unit.mustache": Array(
            "<h1>{{title}}</h1> {{unit.lp}} {{unit.status}} {{assets.unit_js}}".utf8),
        "units.mustache": Array("{{#has_units}}{{#units}}[{{id}}]{{/units}}{{/has_units}}".utf8),
        "events.mustache": Array("{{#events}}[{{id}}]{{/events}}".utf8),
        "event.mustache": Array("{{#detail}}{{id}}{{/detail}}".utf8),
        "sign-in.mustache": Array("{{#failed}}wrong{{/failed}} next={{next}}".utf8),
        "accounts.mustache": Array("{{#operators}}[{{name}}]{{/operators}}".utf8),
        "forbidden.mustache": Array("not for {{own}}".utf8),
        "notifications.mustache": Array("{{totals}}".utf8),
        "system.mustache": Array("{{health}}".utf8),
        "not-found.mustache": Array("nothing here {{request_id}}".utf8),
        "projects.mustache": Array("{{#clients}}[{{id}}]{{/clients}}".utf8),
        "project.mustache": Array("{{#locations}}[{{id}} {{unit}} {{lp}}]{{/locations}}".utf8),
        "location.mustache": Array("{{location.name}} {{#assignments}}[{{unit}}]{{/assignments}}".utf8),
        "unit.js": Array("let a = 1".utf8),
    ])

    var sources: OperatorListener.Sources {
        OperatorListener.Sources(
            directory: broken ?? directory, sites: siteBook ?? books, rules: books,
            events: books, open: books, replays: books, history: exported ?? history,
            importer: frames, deletion: frames, live: feed,
            tokens: tokens, recipients: recipients, portal: registry.book, accounts: registry.book,
            store: store, pipeline: pipeline, upstreams: upstreams, units: units,
            faults: faults, clock: clock)
    }

    /// The value of the cookie of a session that was begun with the token.
    func session() async throws -> String {
        let session = try await registry.book.beginSession(ofToken: 7, at: clock.now)
        return SessionCookie(keys: keys, isSecure: false).value(sessionID: session.id, now: clock.now)
    }

    /// Runs the port; `body` gets its number and the hub.
    func run<Result>(_ body: (Port) async throws -> Result) async throws -> Result {
        let hub = StreamHub(
            live: feed, history: history, demand: demand, operators: registry.book,
            directory: directory, counts: counts, clock: clock, interval: .seconds(3600),
            logger: quietLogger)
        return try await withServices { onBound in
            let listener = try! OperatorListener(
                configuration: configuration,
                sources: sources, hub: hub, counts: counts, keys: keys, assets: assets,
                onBound: onBound, logger: logger)
            return [hub, listener]
        } _: { number in
            try await body(Port(number: number, hub: hub))
        }
    }
}

/// A port that runs.
struct Port {
    let number: Int
    let hub: StreamHub

    static let bearer = "Authorization: Bearer secret"

    func request(
        _ method: String = "GET", _ path: String, fields: [String] = [Port.bearer],
        body: String = ""
    ) async throws -> RawConnection.Answer {
        let connection = try await RawConnection(port: number)
        let length = body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"]
        let head =
            ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(number)", "Connection: close"]
            + fields + length
        try await connection.send(head.joined(separator: "\r\n") + "\r\n\r\n" + body)
        let answer = try await connection.readAnswer(hasBody: method != "HEAD")
        try await connection.close()
        return answer
    }

    func get(_ path: String, fields: [String] = [Port.bearer]) async throws -> RawConnection.Answer
    {
        try await request("GET", path, fields: fields)
    }

    /// Sends bytes of any kind.
    func post(
        _ path: String, type: String, _ body: [UInt8]
    ) async throws -> RawConnection.Answer {
        let connection = try await RawConnection(port: number)
        let head = [
            "POST \(path) HTTP/1.1", "Host: 127.0.0.1:\(number)", Port.bearer,
            "Content-Type: \(type)", "Content-Length: \(body.count)",
        ]
        try await connection.send(head.joined(separator: "\r\n") + "\r\n\r\n")
        try await connection.send(ByteBuffer(bytes: body))
        let answer = try await connection.readAnswer()
        try await connection.close()
        return answer
    }

    /// An open stream of `unit`.
    func stream(_ unit: String, fields: [String] = [Port.bearer]) async throws -> RawConnection {
        try await socket("/api/units/\(unit)/stream", fields: fields)
    }

    /// An open socket.
    func socket(_ path: String, fields: [String] = [Port.bearer]) async throws -> RawConnection {
        let connection = try await RawConnection(port: number)
        try await connection.send(RawConnection.handshake(path, fields: fields))
        let answer = try await connection.readAnswer()
        guard answer.status == 101 else { throw Refused(answer: answer) }
        return connection
    }

    struct Refused: Error { let answer: RawConnection.Answer }
}
