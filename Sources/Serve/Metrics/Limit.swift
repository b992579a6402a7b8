//  Limit.swift · Serve

/// A bound that a request or a socket can run into. Each is counted.
enum Limit: String, CaseIterable {
    /// Head of a request: size, fields.
    case requestHead = "request_head"
    /// A request that is not HTTP/1.1, or is ambiguous.
    case requestForm = "request_form"
    case bodySize = "body_size"
    case bodyDepth = "body_depth"
    case bodyEncoding = "body_encoding"
    case unitName = "unit_name"
    /// Imports that run at once.
    case imports
    /// Exports that run at once.
    case exports
    /// Replays of events, and previews of rules, that run at once.
    case replays
    /// An export whose reader took nothing for so long that it was closed.
    case slowExport = "slow_export"
    case signIns = "sign_ins"
    case socketsPerSession = "websockets_per_session"
    case socketsPerAddress = "websockets_per_address"
    case messageSize = "websocket_message_size"
    case messageRate = "websocket_message_rate"
    /// A reader took nothing for so long that it was closed.
    case slowReader = "websocket_slow_reader"
}
