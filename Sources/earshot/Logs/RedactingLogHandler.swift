//  RedactingLogHandler.swift · earshot

import Logging

/// Hands lines on without secrets, from messages, errors and metadata alike.
struct RedactingLogHandler: LogHandler {
    private var inner: any LogHandler

    init(_ inner: any LogHandler) { self.inner = inner }

    var logLevel: Logger.Level {
        get { inner.logLevel }
        set { inner.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { inner.metadata }
        set { inner.metadata = newValue.mapValues(RedactingLogHandler.clean) }
    }

    var metadataProvider: Logger.MetadataProvider? {
        get { inner.metadataProvider }
        set { inner.metadataProvider = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { inner[metadataKey: key] }
        set { inner[metadataKey: key] = newValue.map(RedactingLogHandler.clean) }
    }

    func log(event: LogEvent) {
        var metadata = event.metadata ?? [:]
        if let error = event.error { metadata["error"] = "\(error)" }
        // Made anew: a handler behind this one must not see the error itself.
        inner.log(
            event: LogEvent(
                level: event.level, message: "\(Redaction.clean("\(event.message)"))",
                metadata: metadata.isEmpty ? nil : metadata.mapValues(RedactingLogHandler.clean),
                source: event.source, file: event.file, function: event.function, line: event.line))
    }

    private static func clean(_ value: Logger.Metadata.Value) -> Logger.Metadata.Value {
        switch value {
        case .string(let text): .string(Redaction.clean(text))
        case .stringConvertible(let thing): .string(Redaction.clean("\(thing)"))
        case .array(let values): .array(values.map(clean))
        case .dictionary(let values): .dictionary(values.mapValues(clean))
        }
    }
}
