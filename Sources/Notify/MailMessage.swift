//  MailMessage.swift · Notify
//
//  A mail as RFC 5322 and RFC 2045 write it: headers of ASCII, a plain text in quoted-printable.
//  Names of rules are written by people: nothing in them can end a header or begin another.

import Monitoring

/// A mail as it goes to the server.
struct MailMessage: Hashable, Sendable {
    let from: String
    let to: String
    /// Lines of at most 78 bytes, ended by CR LF.
    let text: [UInt8]

    /// - Parameters:
    ///   - from: as ``Recipient/isMailAddress(_:)`` wants it, and `to` likewise.
    ///   - id: the delivery's; a mail that is sent again has the same `Message-ID`.
    ///   - thread: what mails of one event have in common.
    init(
        from: String, to: String, subject: String, lines: [String], id: String, thread: String,
        at now: Timestamp
    ) {
        self.from = from
        self.to = to
        let host = from.split(separator: "@").last ?? "localhost"
        let head = [
            "From: Earshot <\(from)>",
            "To: <\(to)>",
            "Subject: \(MailText.header(subject, after: "Subject: ".utf8.count))",
            "Date: \(MailText.date(now))",
            "Message-ID: <\(id)@\(host)>",
            "References: <\(thread)@\(host)>",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
        ]
        let body = lines.flatMap(MailText.quotedPrintable)
        text = Array((head + [""] + body).map { $0 + "\r\n" }.joined().utf8)
    }

    /// The mail of a delivery; `nil` for a kind that needs an event and has none.
    init?(_ due: DueDelivery, from: String, at now: Timestamp) {
        let delivery = due.delivery
        let closing = [
            "", "Sent by Earshot to \"\(due.recipient.name)\", delivery \(delivery.id).",
        ]
        var subject = "Test from Earshot"
        var lines = ["This is a test. Nothing is wrong."]
        if delivery.kind != .test {
            guard let event = delivery.event else { return nil }
            let text = EventText(
                kind: delivery.kind, event: event, place: due.place,
                timeZone: due.recipient.timeZone, clock: due.recipient.clock)
            subject = text.subject
            lines = [text.subject, ""] + text.lines
        }
        self.init(
            from: from, to: due.recipient.channel.target, subject: subject, lines: lines + closing,
            id: delivery.id, thread: MailText.thread(delivery.eventKey), at: now)
    }
}

/// The parts of a mail that need care.
enum MailText {
    /// A header's text: as it is when it is printable ASCII that fits, else in encoded words of
    /// UTF-8 (RFC 2047), one a line. What controls anything becomes a blank.
    ///
    /// - Parameter taken: bytes before it on its first line.
    static func header(_ text: String, after taken: Int) -> String {
        let scalars = text.unicodeScalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned:
                Unicode.Scalar(UInt8(ascii: " "))
            default: scalar
            }
        }
        let isPlain = scalars.allSatisfy { (0x20...0x7E).contains($0.value) }
        let plain = String(String.UnicodeScalarView(scalars))
        if isPlain, taken + plain.utf8.count <= 78, !plain.contains("=?") { return plain }
        // 45 bytes are 60 in base64, and 72 with what stands around them.
        var words: [String] = []
        var bytes: [UInt8] = []
        for scalar in scalars {
            let more = Array(String(Character(scalar)).utf8)
            if bytes.count + more.count > 42 {
                words.append(word(bytes))
                bytes = []
            }
            bytes += more
        }
        words.append(word(bytes))
        return words.joined(separator: "\r\n ")
    }

    private static func word(_ bytes: [UInt8]) -> String { "=?utf-8?B?\(base64(bytes))?=" }

    /// RFC 4648, section 4.
    static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = group.reduce(0) { $0 << 8 | Int($1) }
            bits <<= 8 * (3 - group.count)
            for digit in 0..<4 {
                let isUsed = digit <= group.count
                text.append(isUsed ? digits[bits >> (18 - 6 * digit) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// A line in quoted-printable (RFC 2045, 6.7), broken softly where it is long. A line break
    /// inside of it is encoded: it stays one line.
    static func quotedPrintable(_ line: String) -> [String] {
        let digits = Array("0123456789ABCDEF".utf8)
        var lines: [String] = []
        var current: [UInt8] = []
        let bytes = Array(line.utf8)
        for (index, byte) in bytes.enumerated() {
            let isBlankAtEnd = byte == UInt8(ascii: " ") && index == bytes.count - 1
            let isPlain = (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "=") && !isBlankAtEnd
            let piece =
                isPlain
                ? [byte] : [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            if current.count + piece.count > 75 {
                lines.append(String(decoding: current, as: UTF8.self) + "=")
                current = []
            }
            current += piece
        }
        return lines + [String(decoding: current, as: UTF8.self)]
    }

    /// `Mon, 23 Nov 2026 16:35:14 +0000` (RFC 5322, 3.3).
    static func date(_ time: Timestamp) -> String {
        let text = time.description
        let day = CalendarDay(String(text.prefix(10)))!
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let (year, month, ofMonth) = Timestamp.civil(fromDays: Int64(day.number))
        return "\(days[day.weekday]), \(ofMonth) \(months[Int(month) - 1]) \(year) "
            + "\(text.dropFirst(11).prefix(8)) +0000"
    }

    /// The name of an event in headers: a key may have blanks in it.
    static func thread(_ eventKey: String) -> String {
        "event." + String(
            decoding: eventKey.utf8.map { byte in
                let isPlain = byte < 0x80 && (Character(UnicodeScalar(byte)).isLetter
                    || Character(UnicodeScalar(byte)).isNumber)
                return isPlain ? byte : UInt8(ascii: "-")
            }, as: UTF8.self)
    }
}
