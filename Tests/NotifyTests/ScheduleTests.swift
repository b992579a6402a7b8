//  ScheduleTests.swift · NotifyTests

import Monitoring
import Testing

@testable import Notify

@Suite struct `The retry schedule` {
    @Test func `waits longer each time, up to an hour, for 24 hours`() {
        let first: Timestamp = "2026-11-23T12:00:00Z"
        var now = first
        var attempts = 1
        var waits: [Int64] = []
        while let next = RetrySchedule.next(after: attempts, first: first, now: now) {
            waits.append(next.milliseconds(since: now) / 1000)
            now = next
            attempts += 1
        }
        #expect(waits == [10, 30, 120, 600, 1800] + Array(repeating: 3600, count: 23))
        #expect(attempts == 29 && now == "2026-11-24T11:42:40Z")
    }

    @Test func `counts from the first attempt, and a pause of the service takes part`() {
        let first: Timestamp = "2026-11-23T12:00:00Z"
        #expect(RetrySchedule.next(after: 1, first: first, now: "2026-11-24T12:00:01Z") == nil)
        #expect(
            RetrySchedule.next(after: 1, first: first, now: "2026-11-24T11:59:50Z")
                == "2026-11-24T12:00:00Z")
    }
}

@Suite struct `The outbox` {
    private func due(_ recipient: String, _ number: Int64, _ kind: Monitoring.Notification.Kind = .onset)
        -> DueDelivery
    {
        DueDelivery(
            delivery: Delivery(
                number: number, id: "\(number)", recipient: recipient, kind: kind, eventKey: "e",
                event: nil, createdAt: "2026-11-23T12:00:00Z"),
            recipient: .webhook(recipient))
    }

    private func names(_ steps: [Outbox.Step]) -> String {
        steps.map { step in
            switch step {
            case .send(let due): due.recipient.id
            case .hold(let recipient, _): "hold \(recipient)"
            }
        }.joined(separator: " ")
    }

    @Test func `sends to as many as it has places for, one to each`() {
        var outbox = Outbox(places: 2)
        let all = [due("a", 1), due("b", 2), due("c", 3)]
        #expect(names(outbox.choose(from: all, excluding: []) { _ in nil }) == "a b")
        #expect(names(outbox.choose(from: all, excluding: []) { _ in nil }) == "")
        outbox.finish("a")
        #expect(names(outbox.choose(from: all, excluding: []) { _ in nil }) == "c")
    }

    @Test func `serves first who has waited longest: nobody starves behind those that hang`() {
        var outbox = Outbox(places: 1)
        var order = ""
        // a and b always have more, and older ones.
        for round in 0..<6 {
            var all = [due("a", Int64(round)), due("b", Int64(round) + 10)]
            if round >= 3 { all.append(due("c", 99)) }
            let steps = outbox.choose(from: all, excluding: []) { _ in nil }
            order += names(steps)
            outbox.finish(names(steps))
        }
        #expect(order == "abacba")
    }

    @Test func `does not believe what was read while something was on its way there`() {
        var outbox = Outbox(places: 4)
        _ = outbox.choose(from: [due("a", 1)], excluding: []) { _ in nil }
        let busy = outbox.busy
        outbox.finish("a")
        #expect(names(outbox.choose(from: [due("a", 1)], excluding: busy) { _ in nil }) == "")
        #expect(names(outbox.choose(from: [due("a", 2)], excluding: outbox.busy) { _ in nil }) == "a")
    }

    @Test func `puts off what it is too quiet for, but not tests, and without taking a place`() {
        var outbox = Outbox(places: 1)
        let all = [due("a", 1), due("b", 2, .test), due("c", 3)]
        let steps = outbox.choose(from: all, excluding: []) { _ in "2026-11-24T07:00:00Z" }
        #expect(names(steps) == "hold a hold c b")
    }
}

@Suite struct `A webhook's target` {
    @Test(arguments: [
        ("8.8.8.8", true), ("127.0.0.1", false), ("127.255.0.9", false), ("10.1.2.3", false),
        ("172.15.0.1", true), ("172.16.0.1", false), ("172.31.9.9", false), ("172.32.0.1", true),
        ("192.168.7.1", false), ("192.167.7.1", true), ("169.254.169.254", false),
        ("100.64.0.1", false), ("100.128.0.1", true), ("0.0.0.0", false), ("224.0.0.1", false),
        ("255.255.255.255", false), ("198.19.1.1", false), ("1.1.1.1", true),
    ])
    func `is public or not`(text: String, isPublic: Bool) {
        let bytes = text.split(separator: ".").map { UInt8($0)! }
        #expect(TargetAddress(bytes: bytes).isPublic == isPublic)
        // And by whatever way an IPv6 address leads there.
        let mapped = Array(repeating: UInt8(0), count: 10) + [0xFF, 0xFF] + bytes
        let translated: [UInt8] = [0, 0x64, 0xFF, 0x9B] + Array(repeating: 0, count: 8) + bytes
        let tunnelled: [UInt8] = [0x20, 0x02] + bytes + Array(repeating: 0, count: 10)
        for wrapped in [mapped, translated, tunnelled] {
            #expect(TargetAddress(bytes: wrapped).isPublic == isPublic)
        }
    }

    @Test(arguments: [
        ("2a00145040010000000000000000200e", true), ("00000000000000000000000000000001", false),
        ("00000000000000000000000000000000", false), ("fe800000000000000000000000000001", false),
        ("fd000000000000000000000000000001", false), ("ff020000000000000000000000000001", false),
        ("20010db8000000000000000000000001", false), ("20010000000000000000000000000001", false),
        ("0000000000000000000000007f000001", false),
    ])
    func `of IPv6 is public or not`(digits: String, isPublic: Bool) {
        let bytes = stride(from: 0, to: 32, by: 2).map {
            UInt8(digits.dropFirst($0).prefix(2), radix: 16)!
        }
        #expect(TargetAddress(bytes: bytes).isPublic == isPublic)
    }

    @Test func `of no known family is not`() { #expect(!TargetAddress(bytes: []).isPublic) }
}
