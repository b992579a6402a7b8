//  ExchangeFailure.swift · Ingest
//
//  Why an upstream gave no answer, in the few words that an operator reads.

import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix

/// Why there is no answer.
enum ExchangeFailure: Error, Hashable, Sendable {
    /// No connection, or it was cut; with the cause in a few words.
    case refused(String)
    case timedOut
    /// The body is beyond its bound.
    case tooLarge
    /// This task was cancelled.
    case cancelled

    static let cut = "the connection was cut"
}

extension ExchangeFailure {
    init(_ error: any Error) {
        if Task.isCancelled {
            self = .cancelled
            return
        }
        switch error {
        case let failure as ExchangeFailure: self = failure
        case is NIOTooManyBytesError: self = .tooLarge
        case let error as HTTPClientError
        where error == .connectTimeout
            || error == .readTimeout || error == .deadlineExceeded:
            self = .timedOut
        default: self = .refused(ExchangeFailure.cause(error))
        }
    }

    private static func cause(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError where error == .remoteConnectionClosed: return cut
        // The other side closed just as the request was to be written.
        case ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed, ChannelError.eof: return cut
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return cause(first.error) }
            return "the name of its host is not known"
        case let error as IOError:
            switch error.errnoCode {
            case ECONNREFUSED: return "connection refused"
            case ECONNRESET, EPIPE: return cut
            case EHOSTUNREACH, ENETUNREACH: return "there is no way to its host"
            default: return String(cString: strerror(error.errnoCode))
            }
        default: return String(describing: error)
        }
    }

    /// For operators; without a full stop.
    func sentence(after timeout: Duration) -> String {
        switch self {
        case .refused(let cause): cause
        case .timedOut: "no answer within \(timeout)"
        case .tooLarge: "the answer is longer than 256 KiB"
        case .cancelled: "given up"
        }
    }
}
