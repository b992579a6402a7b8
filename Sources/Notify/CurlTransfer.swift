//  CurlTransfer.swift · Notify
//
//  One request of libcurl's: libcurl-easy(3), CURLOPT_READFUNCTION(3) and its kin. Used by one
//  thread, once. Redirects, proxies and other protocols are off.

import CCurl

/// A request that is being made.
final class CurlTransfer {
    struct Result: Hashable {
        var code = CURLE_OK
        /// HTTP's status, or SMTP's last reply but for that to `QUIT`.
        var response = 0
        /// Bytes of a mail that were taken.
        var sent = 0
        /// The last reply of a mail server that refused something, printable ASCII only.
        var refusal = ""
        var refusedAddress: TargetAddress?
    }

    /// An answer's body is not read further; nothing of it is kept.
    static let answerBytesMaximum = 65_536
    private static let lineBytesMaximum = 200

    private let handle: UnsafeMutableRawPointer
    private var fields: UnsafeMutablePointer<curl_slist>?
    private let stop: StopFlag
    private var unsent: [UInt8] = []
    private var isMail = false
    private var allowsPrivate = true
    private var received = 0
    private var result = Result()

    init?(stop: StopFlag) {
        guard let handle = curl_easy_init() else { return nil }
        self.handle = handle
        self.stop = stop
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(fields)
    }

    func setTimeout(milliseconds: Int) {
        earshot_curl_number(handle, CURLOPT_TIMEOUT_MS, milliseconds)
        earshot_curl_number(handle, CURLOPT_CONNECTTIMEOUT_MS, min(milliseconds, 10_000))
        earshot_curl_number(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT, max(1, milliseconds / 2000))
        // A name server that hangs holds up nobody beyond the time.
        earshot_curl_number(handle, CURLOPT_QUICK_EXIT, 1)
    }

    func post(_ message: WebhookMessage, to url: String, allowsPrivate: Bool) {
        self.allowsPrivate = allowsPrivate
        earshot_curl_text(handle, CURLOPT_URL, url)
        earshot_curl_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        earshot_curl_number(handle, CURLOPT_POST, 1)
        earshot_curl_number(handle, CURLOPT_POSTFIELDSIZE, message.body.count)
        message.body.withUnsafeBytes {
            _ = earshot_curl_pointer(
                handle, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
        }
        for field in message.fields + ["User-Agent: earshot", "Expect:"] { add(field) }
        earshot_curl_pointer(handle, CURLOPT_HTTPHEADER, fields)
    }

    func mail(_ message: MailMessage, by server: MailServer) {
        isMail = true
        unsent = message.text
        earshot_curl_text(handle, CURLOPT_URL, server.url)
        earshot_curl_text(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        let tls = server.requiresTLS ? CURLUSESSL_ALL : CURLUSESSL_NONE
        earshot_curl_number(handle, CURLOPT_USE_SSL, Int(tls.rawValue))
        if let user = server.user {
            earshot_curl_text(handle, CURLOPT_USERNAME, user)
            earshot_curl_text(handle, CURLOPT_PASSWORD, server.password ?? "")
        }
        earshot_curl_text(handle, CURLOPT_MAIL_FROM, "<\(message.from)>")
        add("<\(message.to)>")
        earshot_curl_pointer(handle, CURLOPT_MAIL_RCPT, fields)
        earshot_curl_number(handle, CURLOPT_UPLOAD, 1)
    }

    private func add(_ field: String) { fields = curl_slist_append(fields, field) }

    /// Blocks until the end, or the time is over.
    func perform() -> Result {
        let me = Unmanaged.passUnretained(self).toOpaque()
        earshot_curl_number(handle, CURLOPT_NOSIGNAL, 1)
        earshot_curl_number(handle, CURLOPT_FOLLOWLOCATION, 0)
        earshot_curl_text(handle, CURLOPT_PROXY, "")
        earshot_curl_number(handle, CURLOPT_NOPROGRESS, 0)
        for data in [
            CURLOPT_XFERINFODATA, CURLOPT_OPENSOCKETDATA, CURLOPT_READDATA, CURLOPT_WRITEDATA,
            CURLOPT_HEADERDATA,
        ] { earshot_curl_pointer(handle, data, me) }
        earshot_curl_on_progress(handle) { data, _, _, _, _ in
            CurlTransfer.of(data).stop.isSet ? 1 : 0
        }
        earshot_curl_on_open(handle) { data, _, address in
            CurlTransfer.of(data).openSocket(address!)
        }
        earshot_curl_on_transfer(handle, CURLOPT_READFUNCTION) { buffer, size, count, data in
            CurlTransfer.of(data).give(into: buffer!, size * count)
        }
        earshot_curl_on_transfer(handle, CURLOPT_WRITEFUNCTION) { _, size, count, data in
            CurlTransfer.of(data).take(size * count)
        }
        earshot_curl_on_transfer(handle, CURLOPT_HEADERFUNCTION) { line, size, count, data in
            CurlTransfer.of(data).note(UnsafeRawBufferPointer(start: line, count: size * count))
            return size * count
        }
        result.code = curl_easy_perform(handle)
        result.response = earshot_curl_response_code(handle)
        // What came last is the farewell, often enough.
        if result.code != CURLE_OK, let code = Int(result.refusal.prefix(3)) {
            result.response = code
        }
        return result
    }

    private static func of(_ data: UnsafeMutableRawPointer?) -> CurlTransfer {
        Unmanaged.fromOpaque(data!).takeUnretainedValue()
    }

    private func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        if !allowsPrivate {
            var bytes = [UInt8](repeating: 0, count: 16)
            let count = Int(earshot_curl_address(address, &bytes))
            let target = TargetAddress(bytes: Array(bytes.prefix(count)))
            guard target.isPublic else {
                result.refusedAddress = target
                return -1
            }
        }
        return earshot_curl_socket(address)
    }

    private func give(into buffer: UnsafeMutablePointer<CChar>, _ room: Int) -> Int {
        let part = unsent[result.sent...].prefix(room)
        part.withUnsafeBytes {
            UnsafeMutableRawPointer(buffer).copyMemory(from: $0.baseAddress!, byteCount: $0.count)
        }
        result.sent += part.count
        return part.count
    }

    private func take(_ count: Int) -> Int {
        received += count
        return received <= CurlTransfer.answerBytesMaximum ? count : 0
    }

    /// SMTP's replies come as HTTP's headers do (RFC 5321, 4.2); those of 4 and 5 refuse.
    private func note(_ line: UnsafeRawBufferPointer) {
        guard isMail, line.first == UInt8(ascii: "4") || line.first == UInt8(ascii: "5") else { return }
        let printable = line.prefix(CurlTransfer.lineBytesMaximum).filter { (0x20...0x7E).contains($0) }
        result.refusal = String(decoding: printable, as: UTF8.self)
    }
}
