//  Capture.swift · IngestTests
//
//  Recorded answers of a real upstream (`Tests/Fixtures/slmm`).

import Foundation

/// One recorded call.
struct Capture {
    /// The HTTP status; 0 for a WebSocket.
    let status: Int
    /// The body of an HTTP answer.
    let body: [UInt8]
    /// The messages of a WebSocket, in order.
    let frames: [[UInt8]]

    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/slmm")

    init(_ name: String) throws {
        let data = try Data(contentsOf: Capture.folder.appending(path: name + ".json"))
        let recorded =
            try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
        status = recorded["status"] as? Int ?? 0
        body = try recorded["body"].map(Capture.bytes) ?? []
        let entries = recorded["frames"] as? [[String: Any]] ?? []
        frames = try entries.compactMap { $0["frame"] }.map(Capture.bytes)
    }

    private static func bytes(_ json: Any) throws -> [UInt8] {
        Array(try JSONSerialization.data(withJSONObject: json))
    }
}
