//  Capture.swift · SimulatorTests
//
//  The recorded answers of the real upstream, and what of them must be the same elsewhere.

import Foundation

@testable import Simulator

/// One recorded HTTP exchange.
struct Capture {
    let method: String
    let segments: [String]
    let query: [String: String]
    let status: Int
    let body: JSON

    init(_ name: String) throws {
        let file = try Capture.json(name)
        let request = try unwrap(file["request"])
        method = try unwrap(request["method"]?.string)
        let url = try unwrap(URLComponents(string: unwrap(request["url"]?.string)))
        segments = url.path.split(separator: "/").map(String.init)
        query = (url.queryItems ?? []).reduce(into: [:]) { $0[$1.name] = $1.value }
        status = try unwrap(file["status"]?.integerValue)
        body = try unwrap(file["body"])
    }

    /// The frames of a recorded WebSocket, in order.
    static func frames(_ name: String) throws -> [JSON] {
        try unwrap(json(name)["frames"]?.elements).compactMap { $0["frame"] }
    }

    static func json(_ name: String) throws -> JSON {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/slmm")
        let data = try Data(contentsOf: folder.appending(path: name + ".json"))
        return try JSON(parsing: [UInt8](data))
    }
}

struct MissingValue: Error {}

func unwrap<T>(_ value: T?) throws -> T {
    guard let value else { throw MissingValue() }
    return value
}

extension JSON {
    subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }
    var string: String? { if case .text(let value) = self { value } else { nil } }
    var integerValue: Int? { if case .integer(let value) = self { value } else { nil } }
    var elements: [JSON]? { if case .array(let values) = self { values } else { nil } }

    /// This value with everything that may differ from one moment or place to another replaced
    /// by what kind of thing it is; keys, their order, JSON types and words stay.
    func shape(key: String = "") -> JSON {
        switch self {
        case .text(let value):
            if key == "host" { return "(host)" }
            if key == "raw_payload", JSON.isPayload(value) { return "(payload)" }
            if value.wholeMatch(of: JSON.time) != nil { return "(time)" }
            if value.wholeMatch(of: JSON.level) != nil { return "(level)" }
            return self
        case .integer: return key.hasSuffix("port") ? "(port)" : self
        case .number: return key.hasSuffix("_seconds") ? "(seconds)" : self
        case .array(let values): return .array(values.map { $0.shape() })
        case .object(let members):
            return .object(
                members.map {
                    let key = key == "connections" ? "(address)" : $0.key
                    return Member(key: key, value: $0.value.shape(key: $0.key))
                })
        default: return self
        }
    }

    /// 64 fields; of each 16, fourteen levels in five characters or ` -.-`, then two flags.
    static func isPayload(_ text: String) -> Bool {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        return fields.count == 64
            && fields.enumerated().allSatisfy { index, field in
                switch index {
                case 0: field == "-.-" || field.wholeMatch(of: level) != nil
                case _ where index % 16 >= 14: field == "0" || field == "1"
                default:
                    field == " -.-"
                        || field.count == 5
                            && field.drop { $0 == " " }.wholeMatch(of: level) != nil
                }
            }
    }

    nonisolated(unsafe) private static let level = /-?\d{1,3}\.\d/
    nonisolated(unsafe) private static let time =
        /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?/
}
