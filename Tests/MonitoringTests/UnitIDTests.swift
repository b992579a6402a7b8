//  UnitIDTests.swift · MonitoringTests

import Monitoring
import Testing

@Suite struct `A unit's id` {
    @Test(arguments: [
        "a", "NL43-0001", "_", String(repeating: "x", count: 64), "a@h", "a@10.0.0.2:8100",
        "a@fe80::2", "a@slmm_1.local-net", "a@" + String(repeating: "h", count: 126),
    ])
    func `is a plain name, or one with a host behind it`(text: String) {
        #expect(UnitID(text)?.name == text)
        #expect(UnitID.isPlain(text) == !text.contains("@"))
    }

    @Test(arguments: [
        "", "a b", "a.b", "a/b", "a:b", "ä", String(repeating: "x", count: 65), "@", "@h", "a@", "a@h@i",
        "a@[::1]", "a@h/i", "a@h i", "a%40h", "a@" + String(repeating: "h", count: 127),
        String(repeating: "x", count: 65) + "@h",
    ])
    func `is nothing else`(text: String) {
        #expect(UnitID(text) == nil)
        #expect(!UnitID.isPlain(text))
    }
}

@Suite struct `An upstream's address` {
    @Test(arguments: [
        ("http://127.0.0.1:8100", "127.0.0.1:8100"), ("http://slmm", "slmm:80"),
        ("HTTP://SLMM.local:8100/", "slmm.local:8100"), ("http://[FE80::2]:8100", "[fe80::2]:8100"),
        ("http://[::1]", "[::1]:80"),
    ])
    func `is read from its URL`(url: String, authority: String) {
        #expect(Upstream(id: "a", url: url).address?.authority == authority)
    }

    @Test(arguments: [
        "", "slmm:8100", "https://slmm", "http://", "http://:80", "http://slmm:", "http://slmm:0",
        "http://slmm:65536", "http://slmm:+80", "http://slmm/api", "http://slmm?x", "http://u@slmm",
        "http://s lmm", "http://[::1", "http://[::1]80", "http://slmm//",
    ])
    func `is not read from anything else`(url: String) {
        #expect(Upstream.Address(url: url) == nil)
    }
}
