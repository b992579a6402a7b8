//  Answer.swift · Simulator

/// What the upstream answers to one request.
struct Answer: Equatable, Sendable {
    /// HTTP status.
    let status: Int
    let body: JSON
    /// How long the real upstream talks to the meter before it answers, in simulated time.
    var meterMilliseconds = 0

    static func ok(_ body: JSON, meterMilliseconds: Int = 0) -> Answer {
        Answer(status: 200, body: body, meterMilliseconds: meterMilliseconds)
    }

    /// An error with a sentence.
    static func failure(_ status: Int, _ detail: String) -> Answer {
        Answer(status: status, body: ["detail": .text(detail)])
    }

    /// A query value that is no number: the framework's own error, an array of objects.
    static func invalid(_ kind: NumberKind, query: String, input: String) -> Answer {
        let item: JSON = [
            "type": .text(kind.rawValue), "loc": ["query", .text(query)],
            "msg": .text(kind.message), "input": .text(input),
        ]
        return Answer(status: 422, body: ["detail": .array([item])])
    }

    enum NumberKind: String {
        case float = "float_parsing"
        case integer = "int_parsing"

        var message: String {
            switch self {
            case .float: "Input should be a valid number, unable to parse string as a number"
            case .integer:
                "Input should be a valid integer, unable to parse string as an integer"
            }
        }
    }
}

/// Sentences of the real upstream.
enum UpstreamText {
    static let notFound = "Not Found"
    static let methodNotAllowed = "Method Not Allowed"
    static let noConfig = "NL43 config not found"
    static let noStatus = "No NL43 status recorded"
    static let unknownState = "unknown"
    static let meterFailed = "Failed to communicate with device"
    static let internalError = "Internal server error"
    static let connectFailed = "Failed to connect to device: [Errno 113] Connect call failed"
}
