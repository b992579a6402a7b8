//  UpstreamAddressTests.swift · IngestTests

import Testing

@testable import Ingest

@Suite struct `The address of an upstream` {
    @Test(arguments: [
        ("http://127.0.0.1:8100", "127.0.0.1", 8100, "127.0.0.1:8100"),
        ("http://slmm.example/", "slmm.example", 80, "slmm.example:80"),
        ("HTTP://north-1:1", "north-1", 1, "north-1:1"),
        ("http://[::1]:8100", "::1", 8100, "[::1]:8100"),
    ])
    func `is host and port`(url: String, host: String, port: Int, authority: String) throws {
        let address = try UpstreamAddress(url)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.authority == authority)
    }

    @Test(arguments: [
        "", "127.0.0.1:8100", "https://a:1", "ftp://a", "http://", "http://:80", "http://a:",
        "http://a:0", "http://a:65536", "http://a:8100/slmm", "http://a?b", "http://u:p@a",
        "http://a b", "http://[::1", "http://[]:1",
    ])
    func `is refused when it is anything else`(url: String) {
        #expect(throws: IngestError.invalidURL(url)) { try UpstreamAddress(url) }
    }

    @Test func `makes paths in which names cannot escape`() {
        #expect(UpstreamAddress.path("nl43-0", "status") == "/api/nl43/nl43-0/status")
        #expect(
            UpstreamAddress.path("../é ?", "status")
                == "/api/nl43/%2E%2E%2F%C3%A9%20%3F/status")
    }
}
