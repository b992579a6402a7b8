//  CarrierTests.swift · NotifyTests
//
//  Real sockets, and servers that are not ours.

import CCurl
import Monitoring
import Support
import Synchronization
import Testing

@testable import Notify

private let secret = "0123456789abcdef0123456789abcdef"

private func due(_ recipient: Recipient, _ event: SoundEvent? = .sample()) -> DueDelivery {
    DueDelivery(
        delivery: Delivery(
            id: "00112233445566778899aabbccddeeff", recipient: recipient.id,
            kind: event == nil ? .test : .onset, eventKey: event?.key ?? "test", event: event,
            createdAt: "2026-11-23T23:49:13Z"),
        recipient: recipient, secret: secret)
}

@Suite(.serialized, .timeLimit(.minutes(5))) struct `A webhook over HTTP` {
    private func post(
        _ path: String, to receiver: Receiver, timeout: Int = 10_000, allowsPrivate: Bool = true
    ) async throws -> Carriage {
        var carrier = CurlCarrier()
        carrier.timeoutMilliseconds = timeout
        carrier.mailTimeoutMilliseconds = timeout
        carrier.allowsPrivateTargets = allowsPrivate
        let message = try WebhookMessage(due(.webhook()), at: "2026-11-23T23:49:14Z")
        return await carrier.carry(
            .post(message, url: "http://127.0.0.1:\(receiver.port)\(path)"))
    }

    @Test func `arrives whole, with a signature that Python finds right`() async throws {
        let receiver = try await Receiver("http", secret)
        #expect(try await post("/204", to: receiver) == .delivered("204"))
        let got = await receiver.message()
        #expect(got["verified"] as? Bool == true)
        #expect(got["delivery"] as? String == "00112233445566778899aabbccddeeff")
        let fields = try #require(got["fields"] as? [String])
        #expect(!fields.contains("expect") && !fields.contains("transfer-encoding"))
        let body = try #require(got["body"] as? String)
        let sent = try WebhookMessage(due(.webhook()), at: "2026-11-23T23:49:14Z").body
        #expect(body == String(decoding: sent, as: UTF8.self))
    }

    @Test func `signed with another secret is found wrong`() async throws {
        let receiver = try await Receiver("http", "another secret of 32 characters.")
        #expect(try await post("/200", to: receiver) == .delivered("200"))
        #expect(await receiver.message()["verified"] as? Bool == false)
    }

    @Test(arguments: [
        ("/200", Carriage.delivered("200")), ("/500", .failed("the server answered 500")),
        ("/404", .failed("the server answered 404")),
        ("/302", .failed("the server answered 302; redirects are not followed")),
        ("/307", .failed("the server answered 307; redirects are not followed")),
        ("/closed", .failed("the server closed without an answer")),
        ("/endless", .delivered("200")),
    ])
    func `comes to what the other end makes of it`(path: String, carriage: Carriage) async throws {
        let receiver = try await Receiver("http", secret)
        #expect(try await post(path, to: receiver) == carriage)
        #expect(await receiver.message()["path"] as? String == path)
    }

    @Test func `fails in time when nothing is answered`() async throws {
        let receiver = try await Receiver("http", secret)
        #expect(
            try await post("/silent", to: receiver, timeout: 1000) == .failed("no answer within 1 s"))
    }

    @Test func `fails when nobody listens, or nobody knows the name`() async throws {
        let message = try WebhookMessage(due(.webhook()), at: "2026-11-23T23:49:14Z")
        var carrier = CurlCarrier()
        carrier.allowsPrivateTargets = true
        #expect(
            await carrier.carry(.post(message, url: "http://127.0.0.1:1/")) == .failed("no connection"))
        #expect(
            await carrier.carry(.post(message, url: "http://nobody.invalid/"))
                == .failed("its name is not known"))
    }

    @Test(arguments: ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
    func `leads to no address of ours, however it is written`(host: String) async throws {
        let receiver = try await Receiver("http", secret)
        let message = try WebhookMessage(due(.webhook()), at: "2026-11-23T23:49:14Z")
        let carriage = await CurlCarrier().carry(
            .post(message, url: "http://\(host):\(receiver.port)/200"))
        guard case .failed(let reason) = carriage else {
            Issue.record("\(carriage)")
            return
        }
        #expect(reason.contains("is not a public address"))
    }

    @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/"])
    func `speaks HTTP only`(url: String) async throws {
        var carrier = CurlCarrier()
        carrier.allowsPrivateTargets = true
        let message = try WebhookMessage(due(.webhook()), at: "2026-11-23T23:49:14Z")
        #expect(await carrier.carry(.post(message, url: url)) == .failed("unsupported protocol"))
    }

    @Test func `is given up soon when the service stops`() async throws {
        let receiver = try await Receiver("http", secret)
        let task = Task { try await post("/silent", to: receiver, timeout: 60_000) }
        _ = await receiver.message()
        task.cancel()
        #expect(try await task.value == .interrupted)
    }
}

@Suite(.serialized, .timeLimit(.minutes(5))) struct `A mail over SMTP` {
    private let recipient = Recipient(
        id: "m", name: "Möwe", channel: .mail(address: "gull@example.org"),
        timeZone: "Europe/London")

    private func send(
        to receiver: Receiver, user: String = "", password: String? = nil, tls: Bool = false,
        timeout: Int = 10_000, _ event: SoundEvent? = .sample()
    ) async throws -> Carriage {
        var carrier = CurlCarrier()
        carrier.timeoutMilliseconds = timeout
        carrier.mailTimeoutMilliseconds = timeout
        let server = try #require(
            MailServer(
                url: "smtp://\(user)127.0.0.1:\(receiver.port)", password: password,
                from: "earshot@levels.example.org", requiresTLS: tls))
        let message = try #require(
            MailMessage(due(recipient, event), from: server.from, at: "2026-11-23T23:49:14Z"))
        return await carrier.carry(.mail(message, by: server))
    }

    @Test func `arrives as it was written`() async throws {
        let receiver = try await Receiver("smtp", "plain")
        #expect(try await send(to: receiver, .sample(name: "Nächtlicher Lärm")) == .delivered("250"))
        let got = await receiver.message()
        #expect(got["from"] as? String == "earshot@levels.example.org")
        #expect(got["to"] as? [String] == ["gull@example.org"])
        let written = try #require(
            MailMessage(
                due(recipient, .sample(name: "Nächtlicher Lärm")), from: "earshot@levels.example.org",
                at: "2026-11-23T23:49:14Z"))
        #expect(got["text"] as? String == String(decoding: written.text, as: UTF8.self))
    }

    @Test func `keeps a line that is a full stop`() async throws {
        let receiver = try await Receiver("smtp", "plain")
        let message = MailMessage(
            from: "a@example.org", to: "b@example.org", subject: "s", lines: [".", "..", ".x", "end"],
            id: "1", thread: "2", at: "2026-11-23T23:49:14Z")
        let server = try #require(
            MailServer(
                url: "smtp://127.0.0.1:\(receiver.port)", password: nil, from: "a@example.org",
                requiresTLS: false))
        #expect(await CurlCarrier().carry(.mail(message, by: server)) == .delivered("250"))
        let text = try #require(await receiver.message()["text"] as? String)
        #expect(text.hasSuffix("\r\n\r\n.\r\n..\r\n.x\r\nend\r\n"))
    }

    @Test func `signs in with user and password`() async throws {
        let receiver = try await Receiver("smtp", "auth")
        #expect(
            try await send(to: receiver, user: "me%40example.org@", password: "secret")
                == .delivered("250"))
        #expect(await receiver.message()["user"] as? String == "me@example.org")
        let refused = try await send(to: receiver, user: "me%40example.org@", password: "wrong")
        guard case .failed(let reason) = refused else {
            Issue.record("\(refused)")
            return
        }
        #expect(reason.hasPrefix("the mail server refuses user or password: 535"))
    }

    @Test(arguments: [
        ("reject", Carriage.refused("the mail server said 550 5.1.1 There is nobody of this name")),
        ("late", .refused("the mail server said 554 5.7.1 This is not wanted")),
    ])
    func `that is refused for good is dead at once`(mode: String, carriage: Carriage) async throws {
        let receiver = try await Receiver("smtp", mode)
        #expect(try await send(to: receiver) == carriage)
    }

    @Test func `that is refused for now fails, with the server's words`() async throws {
        let carriage = try await send(to: try await Receiver("smtp", "busy"))
        guard case .failed(let reason) = carriage else {
            Issue.record("\(carriage)")
            return
        }
        #expect(reason.hasSuffix("the mail server said 451 4.3.0 Come again later"))
    }

    @Test func `fails in time when the server says nothing`() async throws {
        let receiver = try await Receiver("smtp", "stall")
        #expect(try await send(to: receiver, timeout: 1000) == .failed("no answer within 1 s"))
    }

    @Test func `is not sent where no TLS is offered, and the reason says what to do`() async throws {
        let carriage = try await send(to: try await Receiver("smtp", "plain"), tls: true)
        #expect(
            carriage
                == .failed(
                    "the mail server offers no TLS; smtp_tls none sends without, over a way to be trusted"))
    }

    @Test func `is not sent to a server whose certificate nobody vouches for`() async throws {
        let carriage = try await send(to: try await Receiver("smtp", "tls"), tls: true)
        guard case .failed(let reason) = carriage else {
            Issue.record("\(carriage)")
            return
        }
        #expect(reason.contains("ssl peer certificate"))
    }
}

@Suite struct `What libcurl says of a webhook` {
    // libcurl's code, the status that had come, and what became of the message.
    @Test(arguments: [
        (CURLE_OK, 204, Carriage.delivered("204")),
        // Cut in its body, and without an end.
        (CURLE_PARTIAL_FILE, 200, .delivered("200")),
        (CURLE_OPERATION_TIMEDOUT, 200, .delivered("200")),
        (CURLE_OPERATION_TIMEDOUT, 0, .failed("no answer within 10 s")),
        (CURLE_OK, 500, .failed("the server answered 500")),
        (CURLE_ABORTED_BY_CALLBACK, 0, .interrupted),
    ] as [(CURLcode, Int, Carriage)])
    func `counts by its status`(code: CURLcode, status: Int, carriage: Carriage) {
        var result = CurlTransfer.Result()
        result.code = code
        result.response = status
        #expect(CarriageWords.post(result, 10_000) == carriage)
    }
}
