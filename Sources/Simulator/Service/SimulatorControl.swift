//  SimulatorControl.swift · Simulator
//
//  The simulator's own calls, beside the upstream's: what goes wrong, and how it was used.
//
//      GET    /_simulator/faults       all faults, with their states
//      POST   /_simulator/faults       {"kind", "target", "seconds", "value"}: begins now
//      DELETE /_simulator/faults[/ID]  ends one, or all
//      GET    /_simulator/stats        counts by upstream, and the faulty units

import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// All upstreams of one simulator, for whoever directs them.
final class SimulatorControl: Sendable {
    static let root = "_simulator"
    /// The longest body that is read, in bytes.
    private static let bodyMax = 64 * 1024

    let simulations: [Simulation]
    private let configuration: SimulatorConfiguration
    private let book: Mutex<Book>

    private struct Book {
        /// By id; an ended fault stays, because it touched units.
        var faults: [Int: Fault] = [:]
        var nextID = 1
    }

    init(_ simulations: [Simulation], _ configuration: SimulatorConfiguration) {
        self.simulations = simulations
        self.configuration = configuration
        book = Mutex(Book())
    }

    /// - Returns: the fault's id, by which it can be removed.
    /// - Throws: ``SimulatorError/configuration(problem:)``.
    @discardableResult
    func add(_ fault: Fault) throws(SimulatorError) -> Int {
        if let problem = configuration.problem(of: fault) {
            throw .configuration(problem: problem)
        }
        return book.withLock { book in
            let id = book.nextID
            book.nextID += 1
            book.faults[id] = fault
            let entries = fault.entries(id: id)
            for (upstream, unit) in configuration.places(of: fault.target) {
                simulations[upstream].add(entries, unit: unit)
            }
            return id
        }
    }

    /// Ends a fault now; one that has not begun is forgotten.
    /// - Returns: false when there is none of that id.
    func remove(id: Int) -> Bool {
        let now = elapsed
        return book.withLock { book in
            guard var fault = book.faults[id] else { return false }
            if fault.from > now {
                book.faults[id] = nil
            } else {
                fault.to = min(fault.to ?? now, now)
                book.faults[id] = fault
            }
            for simulation in simulations { simulation.removeFault(id: id) }
            return true
        }
    }

    func removeAll() {
        for id in book.withLock({ Array($0.faults.keys) }) { _ = remove(id: id) }
    }

    /// Simulated time since the first upstream's play began.
    var elapsed: Duration { simulations[0].elapsed }

    var stats: SimulatorStats {
        let faults = book.withLock { Array($0.faults.values) }
        var touched: [Set<String>] = simulations.map { _ in [] }
        for fault in faults {
            for (upstream, unit) in configuration.places(of: fault.target) {
                let units = configuration.units(of: upstream)
                touched[upstream].formUnion(unit.map { [$0] } ?? units)
            }
        }
        let names = touched.indices.flatMap { upstream in
            configuration.units(of: upstream).filter(touched[upstream].contains).map {
                configuration.label(of: $0, upstream: upstream)
            }
        }
        return SimulatorStats(upstreams: simulations.map(\.stats), faultyUnits: names)
    }
}

// Over HTTP.
extension SimulatorControl {
    func respond(to request: Request, segments: [String]) async throws -> Response {
        let body = try await request.body.collect(upTo: SimulatorControl.bodyMax)
        let answer = answer(
            method: request.method.rawValue, segments: segments,
            body: Data(body.readableBytesView))
        return Response(
            status: HTTPResponse.Status(code: answer.status),
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body.bytes)))
    }

    func answer(method: String, segments: [String], body: Data = Data()) -> Answer {
        switch (method, segments.dropFirst().first, segments.count) {
        case ("GET", "stats", 2): return .ok(statsBody)
        case ("GET", "faults", 2): return .ok(faultsBody)
        case ("POST", "faults", 2):
            do throws(SimulatorError) {
                return .ok(["id": .integer(try add(fault(from: body)))])
            } catch {
                return .failure(400, "\(error)")
            }
        case ("DELETE", "faults", 2):
            removeAll()
            return .ok(faultsBody)
        case ("DELETE", "faults", 3):
            guard let id = Int(segments[2]), remove(id: id) else {
                return .failure(404, "there is no fault \(segments[2])")
            }
            return .ok(faultsBody)
        default: return .failure(404, UpstreamText.notFound)
        }
    }

    private func fault(from body: Data) throws(SimulatorError) -> Fault {
        struct Order: Decodable {
            let kind: String
            let target: String
            /// How long; `nil` for ever.
            let seconds: Double?
            let value: Int?
        }
        guard let order = try? JSONDecoder().decode(Order.self, from: body),
            let kind = FaultKind(rawValue: order.kind), let target = Fault.Target(order.target),
            order.seconds.map({ $0 > 0 && $0 < 1e9 }) ?? true
        else {
            throw .configuration(
                problem: "give {\"kind\":KIND,\"target\":TARGET,\"seconds\":NUMBER or null,"
                    + "\"value\":SECONDS or null}, with one of the kinds "
                    + FaultKind.allCases.map(\.rawValue).joined(separator: ", "))
        }
        let now = elapsed
        return Fault(
            kind, of: target, from: now, to: order.seconds.map { now + .seconds($0) },
            seconds: order.value)
    }

    private var faultsBody: JSON {
        let now = elapsed
        let faults = book.withLock { $0.faults.sorted { $0.key < $1.key } }
        return [
            "elapsed": .number(now.seconds),
            "faults": .array(
                faults.map { id, fault in
                    let isOver = fault.to.map { $0 <= now } ?? false
                    return [
                        "id": .integer(id), "kind": .text(fault.kind.rawValue),
                        "target": .text(fault.target.description),
                        "value": fault.seconds.map { .integer($0) } ?? nil,
                        "from": .number(fault.from.seconds),
                        "to": fault.to.map { .number($0.seconds) } ?? nil,
                        "state": isOver ? "over" : fault.from <= now ? "active" : "waiting",
                    ]
                }),
        ]
    }

    private var statsBody: JSON {
        let stats = stats
        return [
            "elapsed": .number(elapsed.seconds),
            "upstreams": .array(
                stats.upstreams.enumerated().map { index, stats in
                    .object(
                        [
                            .init(key: "upstream", value: .integer(index + 1)),
                            .init(
                                key: "units",
                                value: .integer(configuration.units(of: index).count)),
                        ] + stats.members)
                }),
            "faulty_units": .array(stats.faultyUnits.map { .text($0) }),
        ]
    }
}

/// Answers control calls only.
struct ControlResponder: HTTPResponder {
    let control: SimulatorControl

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        try await control.respond(to: request, segments: segments(ofPath: request.uri.path))
    }
}

extension Duration {
    /// Rounded to milliseconds.
    fileprivate var seconds: Double { Double(microseconds / 1000) / 1000 }
}
