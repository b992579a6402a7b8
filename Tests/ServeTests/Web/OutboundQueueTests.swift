//  OutboundQueueTests.swift · ServeTests

import NIOCore
import Testing

@testable import Web

@Suite struct `What waits for a slow reader` {
    private func queue(bound: Int, adding counts: [Int]) -> OutboundQueue {
        var queue = OutboundQueue(bound: bound)
        for (index, count) in counts.enumerated() {
            queue.add(.init(bytes: ByteBuffer(string: "\(index)"), messages: count))
        }
        return queue
    }

    @Test(arguments: [
        (3, [1, 1, 1], ["0", "1", "2"], 0),
        (3, [1, 1, 1, 1], ["1", "2", "3"], 1),
        (3, [2, 2], ["1"], 2),
        (3, [5], [], 5),
        (3, [], [], 0),
    ])
    func `keeps the newest within the bound and counts the rest`(
        bound: Int, counts: [Int], kept: [String], dropped: Int
    ) {
        var queue = queue(bound: bound, adding: counts)
        #expect(queue.takeDropped() == dropped)
        #expect(queue.takeDropped() == 0)
        var texts: [String] = []
        while let item = queue.next() { texts.append(String(buffer: item.bytes)) }
        #expect(texts == kept)
        #expect(queue.isEmpty)
    }

    @Test(arguments: [
        (3, [1, 1, 1, 1, 1], ["0", "1", "2"], 2),
        (3, [2, 2, 1], ["0", "2"], 2),
        (3, [5], [], 5),
    ])
    func `keeps the oldest when it is told to`(
        bound: Int, counts: [Int], kept: [String], dropped: Int
    ) {
        var queue = OutboundQueue(bound: bound, losesNewest: true)
        for (index, count) in counts.enumerated() {
            queue.add(.init(bytes: ByteBuffer(string: "\(index)"), messages: count))
        }
        #expect(queue.takeDropped() == dropped)
        var texts: [String] = []
        while let item = queue.next() { texts.append(String(buffer: item.bytes)) }
        #expect(texts == kept)
    }

    @Test func `tells of loss even when nothing waits`() {
        var queue = OutboundQueue(bound: 1)
        queue.noteDropped(2)
        #expect(!queue.isEmpty)
        #expect(queue.takeDropped() == 2)
        #expect(queue.isEmpty)
    }
}
