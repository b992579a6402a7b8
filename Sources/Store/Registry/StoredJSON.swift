//  StoredJSON.swift · Store
//
//  Values that are kept whole, as JSON text in one column: people can read them with any SQLite.

import Foundation

enum StoredJSON {
    /// Keys sorted: the same value is the same text.
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func value<Value: Decodable>(_ text: String, as type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
