//  RequestLog.swift · Serve
//
//  Each request ends here once: counted, and in the log. Neither path nor query nor any field of a
//  request is logged, because secrets stand there: the route says where, the id says which.

import HTTPTypes
import Logging
import Web

/// Counts and logs the requests of one listener: failures as errors, refusals as information, the
/// others for debugging.
struct RequestLog: Sendable {
    let listener: String
    let counts: ServeCounts
    let logger: Logger

    /// - Parameters:
    ///   - route: as the router has it; `nil` when none matched.
    ///   - error: what the one who asked is not told.
    func record(
        _ requestID: String, _ method: HTTPRequest.Method, _ route: String?,
        _ status: HTTPResponse.Status, after duration: Duration, error: (any Error)? = nil
    ) {
        let route = ServeCounts.Route(
            listener: listener, method: route == nil ? "any" : method.rawValue,
            path: route ?? "none")
        counts.answered(route, status, after: duration)
        let (level, message): (Logger.Level, Logger.Message) =
            switch status.code {
            case 500...: (.error, "a request failed")
            case 400...: (.info, "a request was refused")
            default: (.debug, "a request was answered")
            }
        var metadata: Logger.Metadata = [
            "request_id": "\(requestID)", "listener": "\(listener)", "method": "\(route.method)",
            "route": "\(route.path)", "status": "\(status.code)",
            "milliseconds": "\(duration / .milliseconds(1))",
        ]
        if let error { metadata["error"] = "\(error)" }
        logger.log(level: level, message, metadata: metadata)
    }

    /// An answer that was made outside of the router.
    func record(
        _ answer: WebAnswer, route: String? = nil, after duration: Duration = .zero,
        error: (any Error)? = nil
    ) {
        let requestID = answer.fields[.xRequestID] ?? ""
        record(requestID, .get, route, answer.status, after: duration, error: error)
    }
}
