//  SimulatedUpstream+Replies.swift · Simulator
//
//  What really goes down the wire for a request: the answer, or what a fault makes of it.

/// The bytes for one request.
struct Reply: Equatable, Sendable {
    var status: Int
    var contentType = "application/json"
    var body: [UInt8]
    /// How long it takes to come, in simulated time: a meter is asked, or the upstream is slow.
    var delayMilliseconds = 0
    /// The connection ends in the body's middle.
    var isCut = false
}

extension SimulatedUpstream {
    /// Above this no reader should take a body.
    static let oversizeBytes = 256 * 1024

    mutating func reply(
        method: String, segments: [String], query: (String) -> String?
    ) -> Reply {
        defer {
            if !faults.active.isEmpty { faultyReplies += 1 }
        }
        if faults.has(.errors) { return failedReply() }
        if faults.has(.garbage), faultyReplies % 2 == 0 {
            return Reply(
                status: 200, contentType: "text/html",
                body: Array("<html><body><h1>502 Bad Gateway</h1></body></html>".utf8))
        }
        let answer = answer(method: method, segments: segments, query: query)
        var reply = Reply(
            status: answer.status, body: answer.body.bytes,
            delayMilliseconds: configuredDelay(answer))
        if faults.has(.garbage) {
            reply.body.removeLast(reply.body.count / 2)
            reply.status = 200
        }
        if faults.has(.oversize) {
            // Still JSON, so that only its size is wrong.
            reply.body.removeLast()
            reply.body += ",\"padding\":\"".utf8
            reply.body += repeatElement(UInt8(ascii: "x"), count: SimulatedUpstream.oversizeBytes)
            reply.body += "\"}".utf8
        }
        reply.isCut = faults.has(.cut)
        return reply
    }

    private func failedReply() -> Reply {
        let detail: JSON =
            faultyReplies % 2 == 0
            ? .text(UpstreamText.internalError)
            : [["type": "server_error", "loc": ["body"], "msg": .text(UpstreamText.internalError)]]
        let body: JSON = ["detail": detail]
        return Reply(status: 500, body: body.bytes, delayMilliseconds: slowness)
    }

    private func configuredDelay(_ answer: Answer) -> Int {
        (meterTakesTime ? answer.meterMilliseconds : 0) + slowness
    }

    private var slowness: Int {
        faults.active.reduce(0) { $0 + ($1.kind == .slow ? $1.seconds * 1000 : 0) }
    }
}
