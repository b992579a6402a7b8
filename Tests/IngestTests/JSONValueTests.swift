//  JSONValueTests.swift · IngestTests

import Monitoring
import Foundation
import Support
import Testing

@testable import JSON

@Suite struct `A bounded JSON reader` {
    private func read(_ text: String) throws(JSONFault) -> JSONValue {
        try JSONValue(text.utf8)
    }

    @Test(arguments: [
        ("null", JSONValue.null), (" true ", .bool(true)), ("false", .bool(false)),
        ("-0.5e+10", .number("-0.5e+10")), ("0", .number("0")), (#""""#, .string("")),
        (#""a\"\\\/\b\f\n\r\t""#, .string("a\"\\/\u{8}\u{c}\n\r\t")),
        (#""\u00e9 \ud83d\ude00""#, .string("é 😀")), ("\"µ\"", .string("µ")),
        ("[]", .array([])), ("[1 , [ ] ]", .array([.number("1"), .array([])])),
        ("{}", .object([])),
        (
            #"{ "a" : { "b" : null } }"#,
            .object([
                .init(key: "a", value: .object([.init(key: "b", value: .null)]))
            ])
        ),
    ])
    func `reads documents`(text: String, value: JSONValue) throws {
        #expect(try read(text) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "01", "1.", "-", "1e", "+1", ".5", "\"", "\"\u{1}\"", #""\x""#,
        #""\u12""#, #""\u12g4""#, "[1,]", "[1 2]", "[", "{", #"{"a"}"#, #"{"a":1,}"#, "{a:1}",
        "null null", "]", #"{"a":1]"#, #""\"#, "NaN",
    ])
    func `refuses what is not JSON`(text: String) throws {
        #expect(throws: JSONFault.self) { try read(text) }
    }

    @Test func `takes 32 levels of nesting and no more`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try read(nested(32)) }
        #expect(throws: JSONFault.tooDeep) { try read(nested(33)) }
        #expect(throws: JSONFault.tooDeep) {
            try read(String(repeating: #"{"a":"#, count: 40_000))
        }
    }

    @Test func `takes 256 KiB and no more`() throws {
        let limit = JSONValue.sizeLimitBytes
        #expect(throws: Never.self) {
            try read("\"" + String(repeating: "x", count: limit - 2) + "\"")
        }
        #expect(throws: JSONFault.tooLarge) {
            try read("\"" + String(repeating: "x", count: limit - 1) + "\"")
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `never traps on damaged documents`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var bytes = Array(
            #"{"status":"ok","data":{"lp":"57.1","x":[1,-2.5e3,true,null,"\u00e9"]}}"#.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let index = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[index] = .random(in: .min ... .max, using: &random)
            case 1: bytes.remove(at: index)
            default: bytes.removeLast(bytes.count - index - 1)
            }
        }
        // What Foundation refuses we must refuse too, but for texts that are not UTF-8.
        let ours = try? JSONValue(bytes)
        let isText = String(validating: bytes, as: UTF8.self) != nil
        let theirs = try? JSONSerialization.jsonObject(
            with: Data(bytes), options: .fragmentsAllowed)
        if isText, ours != nil {
            #expect(theirs != nil, "\(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test func `finds members by their key`() throws {
        let json = try read(#"{"a":"x","b":true,"c":[1],"a":"y"}"#)
        #expect(json["a"]?.string == "x")
        #expect(json["b"]?.bool == true)
        #expect(json["c"]?.array?.count == 1)
        #expect(json["d"] == nil)
        #expect(try read("[]")["a"] == nil)
    }
}
