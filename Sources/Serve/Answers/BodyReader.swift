//  BodyReader.swift · Serve
//
//  Bodies of requests, within bounds: size, depth 32, not compressed, and of the type asked for.

import HTTPTypes
import Hummingbird
import JSON
import NIOCore

/// Reads bodies of requests.
struct BodyReader: Sendable {
    /// The longest body.
    let bytesMaximum: Int
    let counts: ServeCounts

    /// The bytes of a body of this media type.
    ///
    /// - Throws: 415 for another type or an encoding, 413 past ``bytesMaximum``.
    func bytes(of request: Request, type: String) async throws -> ByteBuffer {
        let given = request.headers[.contentType]?.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard given == type else {
            throw Problem(status: .unsupportedMediaType, detail: "Send \(type).")
        }
        guard request.headers[.contentEncoding] == nil else {
            counts.hit(.bodyEncoding)
            throw Problem(
                status: .unsupportedMediaType, detail: "Send it without Content-Encoding.")
        }
        var request = request
        do {
            return try await request.collectBody(upTo: bytesMaximum)
        } catch is NIOTooManyBytesError {
            counts.hit(.bodySize)
            throw Problem(
                status: .contentTooLarge, detail: "A body has at most \(bytesMaximum) bytes.")
        }
    }

    /// The members of a body that is one JSON object.
    ///
    /// - Throws: as above; 400 for what is not one, is nested too deep, or has a key twice.
    func object(of request: Request) async throws -> [JSONValue.Member] {
        try members(of: try await bytes(of: request, type: "application/json"))
    }

    /// The bytes of such a body, for those who read it themselves.
    ///
    /// - Throws: as above.
    func objectBytes(of request: Request) async throws -> ByteBuffer {
        let bytes = try await bytes(of: request, type: "application/json")
        _ = try members(of: bytes)
        return bytes
    }

    private func members(of body: ByteBuffer) throws(Problem) -> [JSONValue.Member] {
        let bytes = body.readableBytesView
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw Problem(status: .badRequest, detail: "The body is not UTF-8.")
        }
        let value: JSONValue
        do {
            value = try JSONValue(bytes)
        } catch {
            throw problem(error)
        }
        guard let members = value.members else {
            throw Problem(status: .badRequest, detail: "The body must be a JSON object.")
        }
        try BodyReader.checkKeys(value)
        return members
    }

    private func problem(_ fault: JSONFault) -> Problem {
        switch fault {
        case .malformed(let offset):
            return Problem(
                status: .badRequest, detail: "The body is not JSON, from byte \(offset) on.")
        case .tooDeep, .tooLarge:
            counts.hit(.bodyDepth)
            return Problem(
                status: .badRequest,
                detail: "The body is nested deeper than \(JSONValue.depthLimit).")
        }
    }

    /// Readers differ in which of two they take: what one program checks, another must not miss.
    private static func checkKeys(_ value: JSONValue) throws(Problem) {
        var seen: Set<String> = []
        for member in value.members ?? [] {
            guard seen.insert(member.key).inserted else {
                throw .malformed(member.key, "is there more than once")
            }
            try checkKeys(member.value)
        }
        for element in value.array ?? [] { try checkKeys(element) }
    }
}
