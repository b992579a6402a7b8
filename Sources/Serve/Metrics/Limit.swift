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

extension Limit {
    /// What ran into it, for people.
    var words: String {
        switch self {
        case .requestHead: "requests with too long a head"
        case .requestForm: "requests that are not HTTP/1.1"
        case .bodySize: "bodies that are too long"
        case .bodyDepth: "bodies that are nested too deep"
        case .bodyEncoding: "bodies with an encoding"
        case .unitName: "names that are no unit’s"
        case .imports: "imports while others ran"
        case .exports: "exports while others ran"
        case .replays: "replays and previews while others ran"
        case .slowExport: "exports whose reader took nothing"
        case .signIns: "sign-ins, too many of one address"
        case .socketsPerSession: "streams, too many of one session"
        case .socketsPerAddress: "streams, too many of one address"
        case .messageSize: "messages on streams that are too long"
        case .messageRate: "streams with too many messages"
        case .slowReader: "streams whose reader took nothing"
        }
    }
}
