//  ContentCodingTests.swift · ServeTests

import CZstd
import Foundation
import HTTPTypes
import NIOCore
import Testing

@testable import Serve

@Suite struct `Bodies made smaller` {
    // What a request takes, and what it gets.
    @Test(arguments: [
        ("", nil), ("gzip", "gzip"), ("gzip, deflate", "gzip"), ("gzip, zstd", "zstd"), ("br", nil),
        ("gzip;q=0", nil), ("zstd;q=0, gzip;q=0.5", "gzip"), ("*", nil), ("xgzip", nil),
    ])
    func `are those that are taken`(accepts: String, coding: String?) {
        let fields: HTTPFields = accepts.isEmpty ? [:] : [.acceptEncoding: accepts]
        #expect(ContentCoding.accepted(by: fields)?.rawValue == coding)
    }

    @Test func `hold the same`() throws {
        let text = (0..<500).map { "line \($0 * 7)" }.joined(separator: "\n")
        let body = ByteBuffer(string: text)
        for isKept in [false, true] {
            let packed = try #require(ContentCoding.zstd.coding(body, isKept: isKept))
            #expect(packed.readableBytes < body.readableBytes / 2)
            var plain = [UInt8](repeating: 0, count: body.readableBytes)
            let size = packed.withUnsafeReadableBytes {
                ZSTD_decompress(&plain, plain.count, $0.baseAddress!, $0.count)
            }
            #expect(size == plain.count && String(decoding: plain, as: UTF8.self) == text)
        }
        #expect(ContentCoding.gzip.coding(ByteBuffer(bytes: [1, 2, 3])) == nil)
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Answers made smaller` {
    private static let asked = "Accept-Encoding: gzip"

    @Test func `say so, and are found again by their tag`() async throws {
        let site = Site()
        let target = "/api/units/a/history?from=2026-11-23T00:00:00Z&to=2026-11-23T23:00:00Z&points=500"
        try await site.run { port async throws in
            let plain = try await port.get(target)
            #expect(plain["content-encoding"] == nil && plain["vary"] == "Accept-Encoding")
            let small = try await port.get(target, fields: [Port.bearer, Self.asked])
            #expect(small["content-encoding"] == "gzip")
            #expect(small.bytes.count < plain.bytes.count / 4 && small.bytes[..<2] == [0x1F, 0x8B])
            let tag = try #require(small["etag"])
            #expect(tag != plain["etag"] && tag.plainTag == plain["etag"])
            for known in [tag, plain["etag"]!] {
                let again = try await port.get(
                    target, fields: [Port.bearer, Self.asked, "If-None-Match: \(known)"])
                #expect(again.status == 304 && again.bytes.isEmpty)
            }
            let short = try await port.get("/healthz", fields: [Self.asked])
            #expect(short["content-encoding"] == nil && short.body == #"{"status":"ok"}"#)
        }
    }
}
