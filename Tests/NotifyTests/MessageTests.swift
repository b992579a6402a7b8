//  MessageTests.swift · NotifyTests

import Foundation
import Monitoring
import Testing

@testable import Notify

private func due(
    _ kind: Monitoring.Notification.Kind, _ event: SoundEvent?, zone: String = "Europe/London",
    place: String? = nil
) -> DueDelivery {
    DueDelivery(
        delivery: Delivery(
            id: "0123456789abcdef0123456789abcdef", recipient: "ops", kind: kind,
            eventKey: event?.key ?? "test 1", event: event, createdAt: "2026-11-23T23:49:13Z"),
        recipient: .webhook(zone: zone), secret: "a secret of at least 32 characters",
        place: place)
}

@Suite struct `A webhook's message` {
    @Test func `tells the event with the names of the API`() throws {
        let message = try WebhookMessage(
            due(.clear, SoundEvent.sample().cleared()), at: "2026-11-24T00:33:40.999Z")
        let json = try JSONSerialization.jsonObject(with: Data(message.body))
        let body = try #require(json as? [String: Any])
        #expect(body["kind"] as? String == "clear" && body["recipient"] as? String == "ops")
        #expect(body["id"] as? String == "0123456789abcdef0123456789abcdef")
        let event = try #require(body["event"] as? [String: Any])
        #expect(event["id"] as? Int == 17 && event["unit"] as? String == "NL43-0001")
        #expect(event["threshold_db"] as? Double == 65 && event["peak_value"] as? Double == 71.2)
        #expect(event["onset_at"] as? String == "2026-11-23T23:49:12.000Z")
        #expect(event["clear_reason"] as? String == "recovered" && event["upstream"] is NSNull)
        #expect(event["status"] as? String == "cleared" && event["rule_id"] as? String == "r1")
        let rule = try #require(event["rule"] as? [String: Any])
        #expect(rule["name"] as? String == "Night noise" && rule["warning_db"] as? Double == 60)
        #expect(rule["recipients"] == nil, "who else is told is nobody's business")
        #expect(String(decoding: message.body, as: UTF8.self).contains(#""onset_value":67.3,"#))
        #expect(message.fields.contains("Earshot-Timestamp: 1795480420"))
    }

    @Test func `is signed over its time and body`() {
        // Made by another program:
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac Jefe
        let signature = WebhookMessage.signature(
            of: Array(#"{"a":1}"#.utf8), at: "1700000000", secret: "Jefe")
        #expect(signature == "fa5f6481efc59da48b19c9dc10196c9953e5651f8304b3a318b6b87d70272e0a")
    }

    @Test func `of a test has no event`() throws {
        let message = try WebhookMessage(due(.test, nil), at: "2026-11-24T00:33:40Z")
        #expect(String(decoding: message.body, as: UTF8.self).contains(#""event":null"#))
    }
}

@Suite struct `A mail` {
    private func mail(
        _ kind: Monitoring.Notification.Kind, _ event: SoundEvent?, place: String? = nil
    ) throws -> String {
        let message = try #require(
            MailMessage(
                due(kind, event, place: place), from: "earshot@levels.example.org",
                at: "2026-11-23T23:49:14Z"))
        return String(decoding: message.text, as: UTF8.self)
    }

    @Test func `says what a person wants to know`() throws {
        let text = try mail(.onset, .sample(), place: "North gate, Harbour")
        #expect(
            text == """
                From: Earshot <earshot@levels.example.org>\r
                To: <https://hooks.example.org/a>\r
                Subject: Alarm: Night noise, 67.3 dB, limit 65.0 dB\r
                Date: Mon, 23 Nov 2026 23:49:14 +0000\r
                Message-ID: <0123456789abcdef0123456789abcdef@levels.example.org>\r
                References: <event.r1-1-NL43-0001-1795477752000@levels.example.org>\r
                Auto-Submitted: auto-generated\r
                MIME-Version: 1.0\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Transfer-Encoding: quoted-printable\r
                \r
                Alarm: Night noise, 67.3 dB, limit 65.0 dB\r
                \r
                Unit: NL43-0001\r
                Location: North gate, Harbour (loc-a1)\r
                Rule: Night noise\r
                Limit: average over 15 min above 65.0 dB\r
                Severity: major\r
                Since: 2026-11-23 23:34:12 (Europe/London)\r
                Onset: 2026-11-23 23:49:12 (Europe/London), 67.3 dB\r
                Peak: 2026-11-23 23:49:12 (Europe/London), 67.3 dB\r
                It is active.\r
                \r
                Sent by Earshot to "Operations", delivery 0123456789abcdef0123456789abcdef.\r

                """)
    }

    @Test(arguments: [
        (.clear, SoundEvent.sample().cleared(), "Cleared: Night noise, peak 71.2 dB, limit 65.0 dB"),
        (.stillActive, .sample(), "Still active: Night noise, 67.3 dB, limit 65.0 dB"),
        (.onset, .watchdog(), "No readings of NL43-0001"),
        (.clear, SoundEvent.watchdog().cleared(), "Cleared: No readings of NL43-0001"),
        (.test, nil, "Test from Earshot"),
    ] as [(Monitoring.Notification.Kind, SoundEvent?, String)])
    func `has a subject that tells all`(
        kind: Monitoring.Notification.Kind, event: SoundEvent?, subject: String
    ) throws {
        #expect(try mail(kind, event).contains("\r\nSubject: \(subject)\r\n"))
    }

    @Test func `of a warning names the warning's limit, and never says alarm`() throws {
        var event = SoundEvent.sample()
        event.level = .warning
        let text = try mail(.onset, event)
        #expect(text.contains("Warning: Night noise, 67.3 dB, limit 60.0 dB"))
        #expect(!text.contains("Alarm"))
    }

    @Test(arguments: [
        "Night\r\nBcc: everybody@example.org", "Night\nBcc: everybody@example.org",
        "Night\r\n\r\n<html>", "Night\u{2028}Bcc: everybody@example.org", "Night\0\u{7F}",
        "=?utf-8?Q?=0D=0ABcc:_everybody=40example.org?=",
    ])
    func `takes nothing from a rule's name that could be a header`(name: String) throws {
        let text = try mail(.onset, .sample(name: name))
        let end = try #require(text.range(of: "\r\n\r\n"))
        let head = text[..<end.lowerBound]
        let fields = head.split(separator: "\r\n").filter { !$0.hasPrefix(" ") }.map {
            $0.prefix { $0 != ":" }
        }
        #expect(
            fields == [
                "From", "To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted",
                "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
            ])
        #expect(head.utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == 13 || $0 == 10 })
        // Bare CR and LF are what servers disagree about.
        #expect(!text.replacingOccurrences(of: "\r\n", with: "").contains { $0 == "\r" || $0 == "\n" })
    }

    @Test(arguments: [
        "Lärm in der Nacht", "夜間騒音の警報、とても長い名前の規則で、一行には収まりません。夜間騒音の警報",
        String(repeating: "long ", count: 30), "",
    ])
    func `keeps a name in any script, in lines of at most 78 bytes`(name: String) throws {
        let text = try mail(.onset, .sample(name: name))
        #expect(text.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 78 })
        let words = MailText.header(name, after: 9).split(separator: "\r\n ")
        let decoded = words.map { word in
            guard word.hasPrefix("=?utf-8?B?"), word.hasSuffix("?=") else { return String(word) }
            let data = Data(base64Encoded: String(word.dropFirst(10).dropLast(2)))!
            return String(data: data, encoding: .utf8)!
        }
        #expect(decoded.joined() == name)
    }

    @Test func `breaks long lines of its text softly`() {
        let line = String(repeating: "ä=", count: 40)
        let lines = MailText.quotedPrintable(line)
        #expect(lines.allSatisfy { $0.utf8.count <= 76 })
        #expect(lines.dropLast().allSatisfy { $0.hasSuffix("=") })
        let joined = lines.map { $0.hasSuffix("=") ? String($0.dropLast()) : $0 }.joined()
        #expect(joined == String(repeating: "=C3=A4=3D", count: 40))
        #expect(MailText.quotedPrintable("a \r\nb ") == ["a =0D=0Ab=20"])
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"),
    ])
    func `has the base64 of RFC 4648`(text: String, code: String) {
        #expect(MailText.base64(Array(text.utf8)) == code)
    }
}

@Suite struct `A mail server's URL` {
    @Test(arguments: [
        ("smtp://mail.example.org:587", true), ("smtps://mail.example.org", true),
        ("smtp://me@mail.example.org:587", true), ("smtp://me%40a.example@mail:25/", true),
        ("smtp://[::1]:25", true), ("smtp://me:secret@mail", false), ("http://mail", false),
        ("smtp://", false), ("smtp://mail/x", false), ("smtp://mail:0", false),
        ("smtp://mail:x", false), ("smtp://ma il", false), ("smtp://a@b@c", false),
        ("smtp://me%0d@mail", false), ("smtp://@mail", false), ("mail.example.org", false),
    ])
    func `is refused when it is none, or holds a password`(url: String, isOne: Bool) {
        #expect(MailServer.isURL(url) == isOne)
    }

    @Test func `gives user and host apart`() throws {
        let server = try #require(
            MailServer(
                url: "smtp://me%40a.example@mail:25/", password: "p", from: "a@b.example",
                requiresTLS: true))
        #expect(server.url == "smtp://mail:25" && server.user == "me@a.example")
        #expect(MailServer(url: "smtp://mail", password: nil, from: "no", requiresTLS: true) == nil)
    }
}

@Suite struct `A recipient's target` {
    @Test(arguments: [
        ("https://hooks.example.org/a?b=c", true), ("http://h:8080", true), ("HTTPS://h/", true),
        ("ftp://h/", false), ("https://", false), ("https:///x", false), ("https://:80/", false),
        ("https://me:secret@h/", false), ("https://h/\r\nX: y", false), ("https://h/#x", false),
        ("https://h/a b", false), ("https://h/ä", false), ("file:///etc/passwd", false),
        ("https://h?@x", true), ("https://a\\@b/", false), ("", false),
    ])
    func `is a webhook's URL or not`(url: String, isOne: Bool) {
        #expect(Recipient.isWebhookURL(url) == isOne)
    }

    @Test(arguments: [
        ("me@example.org", true), ("a.b+c@mail.example.org", true), ("me@localhost", true),
        ("me", false), ("@example.org", false), ("me@", false), ("me@@example.org", false),
        ("me@example..org", false), ("me@exa mple.org", false), ("me\r\n@example.org", false),
        ("<me@example.org>", false), ("me@example.org,you@example.org", false),
        ("\"me\"@example.org", false), ("me@example.org>", false),
        (String(repeating: "m", count: 65) + "@example.org", false),
    ])
    func `is an address or not`(address: String, isOne: Bool) {
        #expect(Recipient.isMailAddress(address) == isOne)
    }
}
