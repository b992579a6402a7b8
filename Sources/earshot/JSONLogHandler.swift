//  JSONLogHandler.swift · earshot
//
//  One JSON object a line on standard error, for machines that read logs.

import Foundation
import Glibc
import Logging

/// Writes `{"time","level","message", …metadata}`.
struct JSONLogHandler: LogHandler {
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
        fields["time"] = "\(SystemClock().now)"
        fields["level"] = event.level.rawValue
        fields["message"] = "\(event.message)"
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard var line = try? encoder.encode(fields) else { return }
        line.append(UInt8(ascii: "\n"))
        // One write, so that lines of several threads do not mix.
        _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    }
}
