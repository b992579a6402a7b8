//  InboundMessagesTests.swift · ServeTests

import NIOCore
import NIOWebSocket
import Testing

@testable import Web

@Suite struct `What a client sends` {
    private func frame(
        _ opcode: WebSocketOpcode, _ text: String = "", fin: Bool = true, isMasked: Bool = true
    ) -> WebSocketFrame {
        var data = ByteBuffer(string: text)
        let key: WebSocketMaskingKey = [1, 2, 3, 4]
        if isMasked { data.webSocketMask(key) }
        return WebSocketFrame(
            fin: fin, opcode: opcode, maskKey: isMasked ? key : nil, data: data)
    }

    private func verdicts(_ frames: [(Int64, WebSocketFrame)]) -> [InboundMessages.Verdict] {
        var messages = InboundMessages(limits: WebSocketLimits())
        return frames.map {
            messages.take($1, at: .uptimeNanoseconds(1) + .milliseconds($0))
        }
    }

    @Test func `is counted by the second from the first`() {
        let eleven = (0...10).map { Int64($0) * 90 }.map { ($0, frame(.text, "x")) }
        let verdicts = verdicts(eleven + [(1000, frame(.ping))])
        #expect(verdicts[9] == .message("x"))
        #expect(verdicts[10] == .fault(.policy))
        #expect(verdicts[11] == .pong(ByteBuffer()))
    }

    @Test func `is put together up to the bound`() {
        let half = String(repeating: "x", count: 2048)
        let whole = verdicts([
            (0, frame(.text, half, fin: false)), (1, frame(.continuation, half)),
        ])
        #expect(whole == [.nothing, .message(half + half)])
        let more = verdicts([
            (0, frame(.text, half, fin: false)), (1, frame(.continuation, half + "x")),
        ])
        #expect(more[1] == .fault(.tooBig))
    }

    @Test func `is refused when it is against the protocol`() {
        #expect(verdicts([(0, frame(.text, "x", isMasked: false))]) == [.fault(.protocolError)])
        #expect(verdicts([(0, frame(.binary, "x"))]) == [.fault(.unsupportedData)])
        #expect(verdicts([(0, frame(.continuation, "x"))]) == [.fault(.protocolError)])
        let interleaved = verdicts([(0, frame(.text, "x", fin: false)), (1, frame(.text, "y"))])
        #expect(interleaved == [.nothing, .fault(.protocolError)])
        var notText = frame(.text)
        notText.data = ByteBuffer(bytes: [0xC3 ^ 1, 0x28 ^ 2])
        #expect(verdicts([(0, notText)]) == [.fault(.notText)])
    }

    @Test(arguments: [(1000, 1000), (4401, 4401), (999, 1002), (1005, 1002), (5000, 1002)])
    func `is answered by a close that may be sent`(code: Int, answer: UInt16) {
        var data = ByteBuffer(integer: UInt16(code))
        data.webSocketMask([1, 2, 3, 4])
        let close = WebSocketFrame(
            fin: true, opcode: .connectionClose, maskKey: [1, 2, 3, 4], data: data)
        #expect(verdicts([(0, close)]) == [.closed(WebSocketCloseCode(rawValue: answer))])
        #expect(verdicts([(0, frame(.connectionClose))]) == [.closed(.normal)])
    }
}
