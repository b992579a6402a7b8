//  BackoffTests.swift · IngestTests

import Testing

@testable import Ingest

@Suite struct `A back-off` {
    @Test(arguments: 0..<50 as Range<UInt64>)
    func `doubles up to its cap, within the upper half`(seed: UInt64) {
        var backoff = Backoff(base: .milliseconds(500), cap: .seconds(15), seed: seed)
        for ceiling in [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000] {
            let wait = backoff.fail()
            #expect(wait >= .milliseconds(ceiling) / 2)
            #expect(wait <= .milliseconds(ceiling))
        }
    }

    @Test func `begins again after a success`() {
        var backoff = Backoff(base: .seconds(1), cap: .seconds(60), seed: 1)
        for _ in 0..<5 { _ = backoff.fail() }
        backoff.succeed()
        #expect(backoff.fail() <= .seconds(1))
    }

    @Test func `stays at its cap however often it fails`() {
        var backoff = Backoff(base: .seconds(1), cap: .seconds(60), seed: 1)
        for _ in 0..<10_000 { _ = backoff.fail() }
        #expect(backoff.fail() <= .seconds(60))
        #expect(backoff.failureCount == 10_001)
    }

    @Test func `repeats itself by its seed, and only by its seed`() {
        func waits(_ seed: UInt64) -> [Duration] {
            var backoff = Backoff(seed: seed)
            return (0..<6).map { _ in backoff.fail() }
        }
        #expect(waits(7) == waits(7))
        #expect(waits(7) != waits(8))
    }
}
