//  JSONTextTests.swift · ServeTests

import Foundation
import Monitoring
import NIOCore
import Support
import Testing

@testable import Serve

@Suite struct `JSON text` {
    @Test(
        arguments: [
            (0, 0, "0"), (0, 1, "0.0"), (5, 1, "0.5"), (571, 1, "57.1"), (-30, 1, "-3.0"),
            (-5, 1, "-0.5"), (-32_767, 1, "-3276.7"), (5737, 2, "57.37"), (7, 2, "0.07"),
            (-7, 2, "-0.07"), (100, 2, "1.00"), (.max, 0, "9223372036854775807"),
            (.min, 0, "-9223372036854775808"), (.min, 2, "-92233720368547758.08"),
        ] as [(Int64, Int, String)])
    func `writes fixed-point numbers`(value: Int64, decimals: Int, expected: String) {
        var text = JSONText()
        text.decimal(value, decimals: decimals)
        #expect(String(buffer: text.buffer) == expected)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `writes columns that a parser reads back`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let count = Int.random(in: 0...40, using: &random)
        let times = (0..<count).map { _ in Int64.random(in: -1 << 50...1 << 50, using: &random) }
        let levels = (0..<count).map { _ in
            Bool.random(using: &random)
                ? Levels.none : Int16.random(in: -500...2000, using: &random)
        }
        var text = JSONText(capacity: 0)
        text.beginObject()
        text.key("t")
        text.column(times)
        text.key("lp")
        text.levels(levels)
        text.key("n")
        text.decimals(count, decimals: 2) { levels[$0] == Levels.none ? nil : Int64(levels[$0]) }
        text.endObject()
        struct Columns: Decodable {
            let t: [Int64]
            let lp: [Double?]
            let n: [Double?]
        }
        let columns = try JSONDecoder().decode(
            Columns.self, from: Data(text.buffer.readableBytesView))
        #expect(columns.t == times)
        #expect(columns.lp == levels.map { $0 == Levels.none ? nil : Double($0) / 10 })
        #expect(columns.n == levels.map { $0 == Levels.none ? nil : Double($0) / 100 })
    }

    @Test func `escapes what JSON does not take`() throws {
        var text = JSONText()
        text.beginArray()
        text.string("a\"b\\c\nd\u{1}é\u{1F50A}")
        text.endArray()
        let back = try JSONDecoder().decode(
            [String].self, from: Data(text.buffer.readableBytesView))
        #expect(back == ["a\"b\\c\nd\u{1}é\u{1F50A}"])
    }

    @Test func `knows no number that is not finite`() {
        var text = JSONText()
        text.beginArray()
        text.number(.nan)
        text.number(.infinity)
        text.number(2.5)
        text.number(10)
        text.endArray()
        #expect(String(buffer: text.buffer) == "[null,null,2.5,10]")
    }

    @Test(
        arguments: [
            (57.125, 5713), (-0.125, -13), (.nan, nil), (-Double.infinity, nil), (nil, nil),
        ] as [(Double?, Int64?)])
    func `rounds means half away from zero`(mean: Double?, expected: Int64?) {
        #expect(HistoryBody.hundredths(mean) == expected)
    }
}
