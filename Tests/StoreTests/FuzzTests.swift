//  FuzzTests.swift · StoreTests
//
//  What `make fuzz` tries for as long as one likes, tried for some seconds without it.

import Foundation
import Monitoring
import Testing

@testable import Store

@Suite struct `Fuzz seeds` {
    /// Every seed as it is, those that have crashed a decoder once among them.
    @Test func `are decoded or refused`() throws {
        let seeds = try FuzzSeeds.kept()
        #expect(Set(seeds.compactMap { $0.bytes.first }).count == Trial.allCases.count)
        for seed in seeds { try run(seed.bytes, seed.name) }
    }

    /// Made by today's encoders they are decoded: a trial that refuses all tries nothing.
    @Test func `made anew pass`() throws {
        for seed in try FuzzSeeds.made() { try run(seed.bytes, seed.name) }
    }

    // Each number is a case of its own, so that a failure names it.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `are decoded or refused with some bytes wrong`(number: UInt64) throws {
        var random = SplitMix64(seed: number)
        let seeds = try FuzzSeeds.kept()
        for round in 0..<500 {
            let seed = seeds.randomElement(using: &random)!
            let bytes = FuzzTests.mutated(seed.bytes, &random)
            try run(bytes, "\(seed.name), round \(round) of number \(number)")
        }
    }

    /// Writes the seeds that encoders make: run by hand when a trial is added.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["EARSHOT_WRITE_FIXTURES"] != nil))
    func `are written on request`() throws {
        try FileManager.default.createDirectory(
            at: FuzzSeeds.folder, withIntermediateDirectories: true)
        for seed in try FuzzSeeds.made() {
            try Data(seed.bytes).write(to: FuzzSeeds.folder.appending(path: seed.name))
        }
    }

    private func run(_ bytes: [UInt8], _ name: String) throws {
        do {
            try Trial.run(bytes)
        } catch let failure as TrialFailure {
            Issue.record("\(name): \(failure)")
        }
    }
}

private enum FuzzTests {
    /// The numbers that lie at edges.
    private static let edges: [UInt8] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF]

    /// `bytes` with one to four things wrong; the first byte, which chooses the trial, stays.
    static func mutated(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) where bytes.count > 2 {
            let place = Int.random(in: 1..<bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 1...8, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[place] = edges.randomElement(using: &random)!
            case 2:
                let edge = edges.randomElement(using: &random)!
                for index in place..<end { bytes[index] = edge }
            case 3: bytes.removeSubrange(place..<end)
            case 4: bytes.insert(contentsOf: bytes[place..<end], at: place)
            default: bytes[place] = .random(in: 0...255, using: &random)
            }
        }
        return bytes
    }
}
