//  SessionCookie.swift · Serve
//
//  A session as the browser keeps it: nothing secret inside, and nobody else can make one.
//
//      v1.<key id>.<session id>.<expiry, Unix seconds>.<HMAC-SHA-256, hexadecimal>
//
//  The code covers the purpose too, so that no cookie serves for another.

import HTTPTypes
import Monitoring

/// Makes and checks the values of a listener's session cookie.
struct SessionCookie: Sendable {
    /// How long a session lasts at most; the registry ends it sooner.
    static let lifetimeSeconds = SessionTerms.lifetimeMilliseconds / 1000

    /// Whose sessions they are: a cookie of one serves nobody else.
    enum Audience: String {
        /// Its session id is ``OperatorSession/id``.
        case `operator`
        /// Its session id is ``PortalSession/id``.
        case portal
    }

    var audience = Audience.operator
    let keys: KeyRing
    /// Only over https: `Secure`, and a name that browsers take from https only.
    let isSecure: Bool

    var name: String { (isSecure ? "__Host-earshot-" : "earshot-") + audience.rawValue }
    /// Cookies of operators from before they had sessions of their own hold the id of a token, and
    /// serve no more.
    private var purpose: String {
        switch audience {
        case .operator: "earshot-operator-session-2\n"
        case .portal: "earshot-portal-session\n"
        }
    }

    /// The value of a session of this id that begins at `now`.
    func value(sessionID: Int64, now: Timestamp) -> String {
        let expiry = now.milliseconds / 1000 + SessionCookie.lifetimeSeconds
        let text = "v1.\(keys.newest.id).\(sessionID).\(expiry)"
        return "\(text).\(Digest.hex(code(of: text, keys.newest)))"
    }

    /// The id of a session that is sealed and holds at `now`; `nil` for everything else.
    func sessionID(of value: some StringProtocol, now: Timestamp) -> Int64? {
        let parts = value.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "v1", let key = keys.key(parts[1]),
            let code = Digest.bytes(hex: parts[4]),
            Digest.areEqual(
                code, self.code(of: parts[..<4].joined(separator: "."), key)),
            let sessionID = Int64(parts[2]), let expiry = Int64(parts[3]),
            now.milliseconds / 1000 < expiry
        else { return nil }
        return sessionID
    }

    private func code(of text: String, _ key: KeyRing.Key) -> [UInt8] {
        Digest.hmac(key: key.secret, Array((purpose + text).utf8))
    }

    /// The field that gives a browser the session.
    func setting(_ value: String) -> String {
        "\(name)=\(value); Max-Age=\(SessionCookie.lifetimeSeconds)\(attributes)"
    }

    /// The field that takes it away.
    var clearing: String { "\(name)=; Max-Age=0\(attributes)" }

    private var attributes: String {
        "; Path=/; HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
    }

    /// This cookie's value among a request's fields.
    func value(in fields: HTTPFields) -> Substring? {
        for field in fields[values: .cookie] {
            for pair in field.split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                if pair.hasPrefix(name + "=") { return pair.dropFirst(name.utf8.count + 1) }
            }
        }
        return nil
    }
}
