//  SettingForm.swift · earshot
//
//  What the value of a setting looks like, however it came: flag, environment or file.

import Monitoring
import Notify

/// A value that was given and understood.
enum SettingValue: Equatable, Sendable {
    case text(String)
    case list([String])
    case number(Int)
    case span(TimeSpan)
    case bytes(ByteCount)

    /// As a person would write it.
    var text: String {
        switch self {
        case .text(let text): text
        case .list(let texts): texts.joined(separator: ",")
        case .number(let number): "\(number)"
        case .span(let span): span.text
        case .bytes(let count): count.text
        }
    }
}

/// What a value must be. Pure.
enum SettingForm: Equatable, Sendable {
    case folder
    /// `host:port`.
    case address
    /// `https://host` or `http://host`, without query or fragment.
    case publicURL
    /// `http://host[:port]`, as often as there are upstreams.
    case upstreams
    case choice([String])
    /// `true` or `false`.
    case flag
    /// A length of time, from … to.
    case span(TimeSpan, TimeSpan)
    case number(ClosedRange<Int>)
    /// A size, up to …; 0 is one.
    case bytes(ByteCount)
    /// `smtp://[user@]host[:port]` or `smtps://…`.
    case mailServer
    /// `name@host`.
    case mailAddress
    /// `https://host/{z}/{x}/{y}.png`: of one host.
    case mapTiles
    /// A text of 1 to 200 characters.
    case line
    /// Any text.
    case password

    /// What is wrong with a value, to stand behind the setting's name: `is 19ms. The least …`.
    struct Complaint: Error, Equatable {
        let sentence: String
        init(_ sentence: String) { self.sentence = sentence }
    }

    /// - Parameter texts: more than one for a list only.
    func value(_ texts: [String]) throws(Complaint) -> SettingValue {
        let text = texts.joined(separator: ",")
        switch self {
        case .folder:
            return .text(text)
        case .address:
            guard Address(text) != nil else {
                throw Complaint("is \(text). Give host:port, for example 127.0.0.1:8081.")
            }
            return .text(text)
        case .publicURL:
            return .text(try SettingForm.publicURL(text))
        case .upstreams:
            return .list(try SettingForm.upstreams(texts))
        case .flag:
            guard ["true", "false"].contains(text) else {
                throw Complaint("is \(text). Give true or false.")
            }
            return .text(text)
        case .choice(let words):
            guard words.contains(text) else {
                throw Complaint("is \(text). Give one of \(words.joined(separator: ", ")).")
            }
            return .text(text)
        case .span(let least, let most):
            return .span(try SettingForm.span(text, least, most))
        case .number(let range):
            guard let number = Int(text), range.contains(number) else {
                throw Complaint(
                    "is \(text). Give a whole number from \(range.lowerBound) to \(range.upperBound).")
            }
            return .number(number)
        case .bytes(let most):
            guard let count = ByteCount(argument: text) else {
                throw Complaint(
                    "is \(text). Give 0, or a number with KiB, MiB, GiB or TiB behind it.")
            }
            guard count.bytes <= most.bytes else {
                throw Complaint("is \(text). The most is \(most.text): give that or less.")
            }
            return .bytes(count)
        case .mailServer:
            // What is wrong may hold a password: it is not repeated.
            guard MailServer.isURL(text) else {
                throw Complaint(
                    "is not a URL like smtp://user@mail.example.org:587 or smtps://mail.example.org. "
                        + "The password goes into EARSHOT_SMTP_PASSWORD.")
            }
            return .text(text)
        case .mailAddress:
            guard Recipient.isMailAddress(text) else {
                throw Complaint("is \(text). Give an address like earshot@levels.example.org.")
            }
            return .text(text)
        case .mapTiles:
            guard SettingForm.areTiles(text) else {
                throw Complaint(
                    "is \(text). Give a URL of one host with {z}, {x} and {y} in its path, "
                        + "like https://tiles.example.org/{z}/{x}/{y}.png.")
            }
            return .text(text)
        case .line:
            guard (1...200).contains(text.count), !text.contains(where: \.isNewline) else {
                throw Complaint("is not a text of 1 to 200 characters in one line.")
            }
            return .text(text)
        case .password:
            return .text(text)
        }
    }

    private static func areTiles(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: { text.hasPrefix($0) }),
            text.utf8.count <= 1000,
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"\"'<>\\;,".utf8.contains($0) })
        else { return false }
        let rest = text.dropFirst(scheme.count)
        let host = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(host.count)
        return !host.isEmpty && !host.contains(where: { "?#@{}".contains($0) })
            && ["{z}", "{x}", "{y}"].allSatisfy { path.contains($0) } && !path.contains("{s}")
    }

    private static func span(
        _ text: String, _ least: TimeSpan, _ most: TimeSpan
    ) throws(Complaint) -> TimeSpan {
        guard let span = TimeSpan(argument: text) else {
            throw Complaint(
                "is \(text). Give a number with ms, s, m, h, d or y behind it, like \(least.text).")
        }
        guard span.milliseconds >= least.milliseconds else {
            throw Complaint("is \(text). The least is \(least.text): give that or more.")
        }
        guard span.milliseconds <= most.milliseconds else {
            throw Complaint("is \(text). The most is \(most.text): give that or less.")
        }
        return span
    }

    private static func publicURL(_ text: String) throws(Complaint) -> String {
        let url = text.hasSuffix("/") ? String(text.dropLast()) : text
        let rest = ["https://", "http://"].first { url.hasPrefix($0) }.map {
            url.dropFirst($0.count)
        }
        guard let rest, !rest.isEmpty, !rest.hasPrefix("/"),
            !rest.contains(where: { "?#@ \\".contains($0) })
        else {
            throw Complaint("is \(text). Give a URL like https://levels.example.org.")
        }
        return url
    }

    private static func upstreams(_ texts: [String]) throws(Complaint) -> [String] {
        var ids: Set<String> = []
        for text in texts {
            guard let upstream = Upstream(typed: text) else {
                throw Complaint(
                    "is \(text). Give scheme, host and port only, like http://slmm:8100.")
            }
            guard ids.insert(upstream.id).inserted else {
                throw Complaint("names \(upstream.id) twice. Give each upstream once.")
            }
        }
        return texts
    }
}

extension Upstream {
    /// The upstream at a URL that a person typed; its id is host and port. `nil` when it is not
    /// `http://host[:port]`.
    init?(typed text: String) {
        let scheme = "http://"
        guard text.hasPrefix(scheme) else { return nil }
        var authority = text.dropFirst(scheme.count)
        if authority.hasSuffix("/") { authority.removeLast() }
        guard !authority.isEmpty, !authority.contains(where: { "/?#@ ,".contains($0) }) else {
            return nil
        }
        let hasPort = authority.last != "]" && authority.contains(":")
        self.init(
            id: hasPort ? String(authority) : "\(authority):80", url: scheme + authority)
    }
}
