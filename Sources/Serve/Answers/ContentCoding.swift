//  ContentCoding.swift · Serve
//
//  Bodies made smaller for those who take them so (RFC 9110, 12.5.3).

import CZlib
import CZstd
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// How a body is made smaller.
enum ContentCoding: String, CaseIterable {
    case zstd, gzip

    /// What a request takes; `nil` for nothing of ours. zstd goes first: it is smaller and quicker.
    static func accepted(by fields: HTTPFields) -> ContentCoding? {
        let offers = fields[values: .acceptEncoding].flatMap { $0.split(separator: ",") }.compactMap {
            offer -> Substring? in
            let parts = offer.split(separator: ";").map { $0.drop { $0 == " " } }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) }
            return weight == 0 ? nil : parts.first
        }
        return allCases.first { coding in offers.contains { $0 == coding.rawValue } }
    }

    /// - Parameter isKept: for a body that is sent often; otherwise time counts more than size.
    /// - Returns: `nil` when it would not be smaller.
    func coding(_ body: ByteBuffer, isKept: Bool = false) -> ByteBuffer? {
        let count = body.readableBytes
        var coded = ByteBuffer()
        let written = coded.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { out in
            body.withUnsafeReadableBytes { bytes in
                switch self {
                case .gzip:
                    return earshot_gzip(
                        isKept ? 9 : 1, bytes.baseAddress!, count, out.baseAddress!, count)
                case .zstd:
                    let size = ZSTD_compress(
                        out.baseAddress!, count, bytes.baseAddress!, count, isKept ? 9 : 3)
                    return ZSTD_isError(size) == 0 ? size : 0
                }
            }
        }
        return written > 0 && written < count ? coded : nil
    }
}

/// Makes answers of text smaller. Those without a known length, which are streamed, stay as they are.
struct CodingMiddleware: RouterMiddleware {
    /// Shorter ones are not worth it; longer ones would take too long at once.
    static let sizes = 1024...(8 << 20)

    func handle(
        _ request: Request, context: RequestScope,
        next: @concurrent (Request, RequestScope) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        guard response.isText, response.headers[.contentEncoding] == nil else { return response }
        response.headers[.vary] = "Accept-Encoding"
        guard request.method != .head, let coding = ContentCoding.accepted(by: request.headers),
            let length = response.body.contentLength, CodingMiddleware.sizes.contains(length)
        else { return response }
        let body = try await response.body.collected()
        guard let coded = coding.coding(body) else {
            response.body = ResponseBody(byteBuffer: body)
            return response
        }
        response.setBody(coded, coding)
        return response
    }
}

extension Response {
    /// What is worth making smaller.
    fileprivate var isText: Bool {
        let type = headers[.contentType] ?? ""
        return type.hasPrefix("text/") || type.hasPrefix("application/json")
            || type.hasPrefix("application/problem+json") || type.hasPrefix("application/x-ndjson")
            || type.hasPrefix("image/svg")
    }

    mutating func setBody(_ coded: ByteBuffer, _ coding: ContentCoding) {
        body = ResponseBody(byteBuffer: coded)
        headers[.contentLength] = String(coded.readableBytes)
        headers[.contentEncoding] = coding.rawValue
        // Other bytes have another strong tag (RFC 9110, 8.8.3.3).
        headers[.eTag] = headers[.eTag].map { $0.dropLast() + "-\(coding.rawValue)\"" }
    }
}

extension String {
    /// A tag as it was before its body was made smaller.
    var plainTag: String {
        ContentCoding.allCases.reduce(self) { $0.replacing("-\($1.rawValue)\"", with: "\"") }
    }
}

extension ResponseBody {
    /// All of it. For bodies that are in memory already.
    fileprivate func collected() async throws -> ByteBuffer {
        let collector = Collector()
        try await write(collector)
        return collector.bytes.withLock { $0 }
    }
}

private final class Collector: ResponseBodyWriter, Sendable {
    let bytes = Mutex(ByteBuffer())

    func write(_ buffer: ByteBuffer) async throws {
        bytes.withLock { _ = $0.writeImmutableBuffer(buffer) }
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
