//  LineCutter.swift · Serve
//
//  Cuts a body that comes in chunks into lines. A line that goes over the end of a chunk is kept
//  until its rest is there; one that is too long costs itself and no memory.

import Glibc

/// Cuts bytes at line feeds.
struct LineCutter {
    typealias Bytes = UnsafeRawBufferPointer

    /// The longest line in bytes, its end not counted.
    static let lineBytes = 4096

    enum Line {
        /// Without its line feed, and without a carriage return before that.
        case whole(Bytes)
        /// Longer than ``lineBytes``.
        case tooLong
    }

    private var carried: [UInt8] = []
    private var isTooLong = false

    /// Calls `body` with each line that ends in `chunk`.
    mutating func cut<Failure: Error>(
        _ chunk: Bytes, _ body: (Line) throws(Failure) -> Void
    ) throws(Failure) {
        guard let base = chunk.baseAddress else { return }
        var begin = 0
        while begin < chunk.count {
            let found = memchr(base + begin, Int32(UInt8(ascii: "\n")), chunk.count - begin)
            guard let found else { return carry(Bytes(rebasing: chunk[begin...])) }
            let end = UnsafeRawPointer(found) - base
            try line(Bytes(rebasing: chunk[begin..<end]), body)
            begin = end + 1
        }
    }

    /// Calls `body` with the last line, if it did not end with a line feed.
    mutating func finish<Failure: Error>(
        _ body: (Line) throws(Failure) -> Void
    ) throws(Failure) {
        if isTooLong || !carried.isEmpty { try line(Bytes(start: nil, count: 0), body) }
    }

    private mutating func carry(_ rest: Bytes) {
        guard !isTooLong, carried.count + rest.count <= LineCutter.lineBytes + 1 else {
            isTooLong = true
            carried.removeAll(keepingCapacity: true)
            return
        }
        carried += rest
    }

    @inline(__always)
    private mutating func line<Failure: Error>(
        _ bytes: Bytes, _ body: (Line) throws(Failure) -> Void
    ) throws(Failure) {
        if carried.isEmpty, !isTooLong { return try body(LineCutter.trimmed(bytes)) }
        carry(bytes)
        if isTooLong {
            isTooLong = false
            return try body(.tooLong)
        }
        var whole: [UInt8] = []
        swap(&whole, &carried)
        try whole.withUnsafeBufferPointer { bytes throws(Failure) in
            try body(LineCutter.trimmed(Bytes(bytes)))
        }
        whole.removeAll(keepingCapacity: true)
        carried = whole
    }

    @inline(__always)
    private static func trimmed(_ bytes: Bytes) -> Line {
        let hasReturn = bytes.last == UInt8(ascii: "\r")
        let line = hasReturn ? Bytes(rebasing: bytes.dropLast()) : bytes
        return line.count <= lineBytes ? .whole(line) : .tooLong
    }
}
