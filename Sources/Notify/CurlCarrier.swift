//  CurlCarrier.swift · Notify
//
//  HTTP and SMTP through libcurl. Its calls block, so each has a thread of a queue's for as long;
//  there are as many at once as the outbox has places.

import CCurl
import Dispatch
import Synchronization

/// Carries parcels over the network.
struct CurlCarrier: Carrier {
    /// For all of a webhook's way: name, connection, TLS, request, answer.
    var timeoutMilliseconds = 10_000
    /// For all of a mail's: a server looks into it before it answers, and one that was given up is
    /// sent twice (RFC 5321, 4.5.3.2.6). Half of it at most for each reply, `QUIT`'s too.
    var mailTimeoutMilliseconds = 60_000
    /// Whether webhooks may lead to addresses that are not of the public Internet.
    var allowsPrivateTargets = false

    private static let queue = DispatchQueue(label: "earshot.notify", attributes: .concurrent)
    /// libcurl wants it once, before anything else.
    static let isReady = curl_global_init(3) == CURLE_OK

    func carry(_ parcel: Parcel) async -> Carriage {
        let stop = StopFlag()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                CurlCarrier.queue.async {
                    continuation.resume(returning: perform(parcel, stop))
                }
            }
        } onCancel: {
            stop.set()
        }
    }

    private func perform(_ parcel: Parcel, _ stop: StopFlag) -> Carriage {
        guard CurlCarrier.isReady, let transfer = CurlTransfer(stop: stop) else {
            return .failed("there is no memory for it")
        }
        switch parcel {
        case .post(let message, let url):
            transfer.setTimeout(milliseconds: timeoutMilliseconds)
            transfer.post(message, to: url, allowsPrivate: allowsPrivateTargets)
        case .mail(let message, let server):
            transfer.setTimeout(milliseconds: mailTimeoutMilliseconds)
            transfer.mail(message, by: server)
        }
        let result = transfer.perform()
        switch parcel {
        case .post: return CarriageWords.post(result, timeoutMilliseconds)
        case .mail: return CarriageWords.mail(result, mailTimeoutMilliseconds)
        }
    }
}

/// Set once, from any task.
final class StopFlag: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}

/// What libcurl's results mean. Pure.
enum CarriageWords {
    static func post(_ result: CurlTransfer.Result, _ timeout: Int) -> Carriage {
        let status = result.response
        // Only the status counts: an answer that is cut or never ends is one all the same.
        if (200..<300).contains(status) { return .delivered("\(status)") }
        switch result.code {
        case CURLE_ABORTED_BY_CALLBACK: return .interrupted
        case CURLE_OK, CURLE_WRITE_ERROR:
            let hint = (300..<400).contains(status) ? "; redirects are not followed" : ""
            return .failed("the server answered \(status)\(hint)")
        default: return .failed(words(result, timeout))
        }
    }

    static func mail(_ result: CurlTransfer.Result, _ timeout: Int) -> Carriage {
        switch result.code {
        case CURLE_OK: return .delivered("\(result.response)")
        case CURLE_ABORTED_BY_CALLBACK: return .interrupted
        case CURLE_USE_SSL_FAILED:
            return .failed(
                "the mail server offers no TLS; smtp_tls none sends without, over a way to be trusted")
        case CURLE_LOGIN_DENIED:
            return .failed("the mail server refuses user or password: \(result.refusal)")
        default: break
        }
        // Refused for good is a mail that was on its way; before that, it is the server's state.
        if (550...554).contains(result.response), result.code == CURLE_SEND_ERROR || result.sent > 0 {
            return .refused("the mail server said \(result.refusal)")
        }
        let said = !result.refusal.isEmpty ? "; the mail server said \(result.refusal)" : ""
        return .failed(words(result, timeout) + said)
    }

    private static func words(_ result: CurlTransfer.Result, _ timeout: Int) -> String {
        if let address = result.refusedAddress {
            return "\(address) is not a public address; webhook_private allow permits it"
        }
        switch result.code {
        case CURLE_OPERATION_TIMEDOUT: return "no answer within \(timeout / 1000) s"
        case CURLE_COULDNT_RESOLVE_HOST: return "its name is not known"
        case CURLE_COULDNT_CONNECT: return "no connection"
        case CURLE_GOT_NOTHING: return "the server closed without an answer"
        default: return String(cString: curl_easy_strerror(result.code)).lowercased()
        }
    }
}
