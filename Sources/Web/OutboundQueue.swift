//  OutboundQueue.swift · Web
//
//  What waits while a reader is slow. Pure: the socket asks it what to write.
//
//      writable ──offer──▶ write at once
//      blocked  ──offer──▶ ▓▓▓▓▓▓  oldest falls out and is counted (or the newest does not get in)
//      writable again ──▶ first how many were lost, then what waited

import NIOCore

/// Messages of one socket that wait for its reader.
struct OutboundQueue {
    /// Bytes that hold whole WebSocket frames, and how many messages they are.
    struct Item {
        let bytes: ByteBuffer
        let messages: Int
    }

    private var waiting: CircularBuffer<Item> = []
    private var waitingMessages = 0
    private let bound: Int
    private let losesNewest: Bool
    /// Messages lost since the reader was last told.
    private(set) var dropped = 0

    init(bound: Int, losesNewest: Bool = false) {
        self.bound = bound
        self.losesNewest = losesNewest
    }

    var isEmpty: Bool { waiting.isEmpty && dropped == 0 }

    /// Keeps `item` for later; drops the oldest, or this one, as far as the bound asks for.
    mutating func add(_ item: Item) {
        if losesNewest, waitingMessages + item.messages > bound {
            dropped += item.messages
            return
        }
        waiting.append(item)
        waitingMessages += item.messages
        while waitingMessages > bound, let oldest = waiting.popFirst() {
            waitingMessages -= oldest.messages
            dropped += oldest.messages
        }
    }

    /// Counts messages that were lost before they came here.
    mutating func noteDropped(_ count: Int) { dropped += count }

    /// The number of lost messages that the reader must be told of, once.
    mutating func takeDropped() -> Int {
        defer { dropped = 0 }
        return dropped
    }

    /// The oldest that waits.
    mutating func next() -> Item? {
        guard let item = waiting.popFirst() else { return nil }
        waitingMessages -= item.messages
        return item
    }
}
