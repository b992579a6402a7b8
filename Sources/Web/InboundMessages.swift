//  InboundMessages.swift · Web
//
//  What the other end sends, judged frame by frame. Pure: time and frames in, verdicts out.
//
//      text ──fin──▶ message          ping ──▶ pong
//      text ──▶ continuation … ──fin──▶ message
//      anything against RFC 6455 or our bounds ──▶ close with a code

import NIOCore
import NIOWebSocket

/// Puts the other end's frames together to messages, within the bounds.
struct InboundMessages {
    enum Verdict: Equatable {
        case nothing
        case message(String)
        case pong(ByteBuffer)
        /// The other end closes; answer with this code.
        case closed(WebSocketCloseCode)
        /// The other end did what it must not.
        case fault(WebSocketCloseCode)
    }

    private let limits: WebSocketLimits
    private var partial: ByteBuffer?
    private var secondBegan: NIODeadline?
    private var takenInSecond = 0

    init(limits: WebSocketLimits) { self.limits = limits }

    mutating func take(_ frame: WebSocketFrame, at now: NIODeadline) -> Verdict {
        // Clients must mask, and no extension was agreed on: RFC 6455, 5.1 and 5.2.
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            return .fault(.protocolError)
        }
        switch frame.opcode {
        case .text:
            guard partial == nil else { return .fault(.protocolError) }
            return add(frame.unmaskedData, to: ByteBuffer(), isLast: frame.fin, at: now)
        case .continuation:
            guard let partial else { return .fault(.protocolError) }
            return add(frame.unmaskedData, to: partial, isLast: frame.fin, at: now)
        case .ping:
            return allow(at: now) ? .pong(frame.unmaskedData) : .fault(.policy)
        case .pong:
            return allow(at: now) ? .nothing : .fault(.policy)
        case .connectionClose:
            var data = frame.unmaskedData
            guard let code = data.readInteger(as: UInt16.self) else { return .closed(.normal) }
            // 1004 … 1006 and 1015 are never sent; what is below 1000 does not exist.
            guard (1000...4999).contains(code), !(1004...1006).contains(code), code != 1015 else {
                return .closed(.protocolError)
            }
            return .closed(WebSocketCloseCode(rawValue: code))
        case .binary:
            return .fault(.unsupportedData)
        default:
            return .fault(.protocolError)
        }
    }

    private mutating func add(
        _ data: ByteBuffer, to begun: ByteBuffer, isLast: Bool, at now: NIODeadline
    ) -> Verdict {
        guard allow(at: now) else { return .fault(.policy) }
        guard begun.readableBytes + data.readableBytes <= limits.messageBytes else {
            return .fault(.tooBig)
        }
        var whole = begun
        whole.writeImmutableBuffer(data)
        guard isLast else {
            partial = whole
            return .nothing
        }
        partial = nil
        guard let text = String(validating: whole.readableBytesView, as: UTF8.self) else {
            return .fault(.notText)
        }
        return .message(text)
    }

    private mutating func allow(at now: NIODeadline) -> Bool {
        if let began = secondBegan, now - began < .seconds(1) {
            takenInSecond += 1
        } else {
            secondBegan = now
            takenInSecond = 1
        }
        return takenInSecond <= limits.messagesPerSecond
    }
}
