//  JSONLogHandler.swift · earshot
//
//  One JSON object a line on standard error, for machines that read logs.

import Foundation
import Glibc
import Logging

/// Writes `{"time","level","message", …metadata}`.
struct JSONLogHandler: LogHandler {
    /// A longer line loses its metadata, which the field `shortened` tells.
    static let lineBytesMaximum = 16 * 1024

    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
        let line = JSONLogHandler.line(
            time: "\(SystemClock().now)", level: event.level.rawValue, message: "\(event.message)",
            fields)
        // One write, so that lines of several threads do not mix.
        _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    }

    /// One line with its end; at most ``lineBytesMaximum``.
    static func line(
        time: String, level: String, message: String, _ metadata: [String: String]
    ) -> [UInt8] {
        let told = ["time": time, "level": level]
        let whole = encoded(metadata.merging(told.merging(["message": message]) { $1 }) { $1 })
        guard whole.count > lineBytesMaximum else { return whole }
        // A byte of text becomes six at most: \u0000.
        let cut = String(decoding: message.utf8.prefix(lineBytesMaximum / 8), as: UTF8.self)
        return encoded(told.merging(["message": cut, "shortened": "true"]) { $1 })
    }

    private static func encoded(_ fields: [String: String]) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(fields) else { return [] }
        return Array(line) + [UInt8(ascii: "\n")]
    }
}
