//  Problem.swift · Serve
//
//  What went wrong with a request, as RFC 9457 writes it.

import HTTPTypes
import Hummingbird
import NIOCore
import Web

/// What went wrong with a request. Thrown by routes, written by `AnswerMiddleware`.
struct Problem: Error {
    /// A parameter or field that is wrong.
    struct Fault: Hashable {
        let field: String
        /// A sentence without the field's name.
        let message: String
    }

    var status: HTTPResponse.Status
    /// A sentence for the one who asked; never what is inside.
    var detail: String
    var faults: [Fault] = []
    var fields: HTTPFields = [:]
    /// The body tells the id under which the log knows the request. Where strangers ask, what is not
    /// there is answered in the same bytes each time; the id is in the head alone.
    var tellsRequest = true

    static let notFound = Problem(status: .notFound, detail: "There is nothing here.")
    static let unauthorized = Problem(
        status: .unauthorized, detail: "Sign in, or send an API token.",
        fields: [.wwwAuthenticate: "Bearer realm=\"earshot\""])

    static func malformed(_ field: String, _ message: String) -> Problem {
        Problem(
            status: .badRequest, detail: "\(field) \(message)",
            faults: [Fault(field: field, message: message)])
    }

    /// Well-formed, and out of range.
    static func unprocessable(_ field: String, _ message: String) -> Problem {
        unprocessable([Fault(field: field, message: message)])
    }

    /// - Parameter faults: at least one.
    static func unprocessable(_ faults: [Fault]) -> Problem {
        let sentences = faults.map { "\($0.field) \($0.message)" }
        return Problem(
            status: .unprocessableContent, detail: sentences.joined(separator: "; "),
            faults: faults)
    }

    static func tooMany(_ detail: String, retryAfterSeconds: Int) -> Problem {
        Problem(
            status: .tooManyRequests, detail: detail,
            fields: [.retryAfter: String(retryAfterSeconds)])
    }

    /// The body, with the id under which the log knows the request.
    func body(requestID: String) -> ByteBuffer {
        var text = JSONText()
        text.beginObject()
        text.key("type")
        text.string("about:blank")
        text.key("title")
        text.string(status.reasonPhrase)
        text.key("status")
        text.integer(Int64(status.code))
        text.key("detail")
        text.string(detail)
        if tellsRequest {
            text.key("request_id")
            text.string(requestID)
        }
        if !faults.isEmpty {
            text.key("errors")
            text.beginArray()
            for fault in faults {
                text.beginObject()
                text.key("field")
                text.string(fault.field)
                text.key("message")
                text.string(fault.message)
                text.endObject()
            }
            text.endArray()
        }
        text.endObject()
        return text.buffer
    }

    func response(requestID: String) -> Response {
        var fields = fields
        fields[.contentType] = "application/problem+json"
        fields[.cacheControl] = "no-store"
        return Response(
            status: status, headers: fields,
            body: ResponseBody(byteBuffer: body(requestID: requestID)))
    }

    /// As an answer outside of the router.
    func answer(_ policy: AnswerPolicy) -> WebAnswer {
        let requestID = RequestID.make()
        let told = policy.telling(self)
        var response = told.response(requestID: requestID)
        policy.complete(&response.headers, requestID: requestID)
        return WebAnswer(
            status: status, fields: response.headers, body: told.body(requestID: requestID))
    }
}
