//  JSONValue.swift · JSON
//
//  A bounded reader of JSON (RFC 8259) for what upstreams and clients send. Nothing here knows the
//  fields; what is picked from a document is the decoders' business.
//
//  Bounds: 256 KiB a document, 32 levels of nesting; a document beyond either is refused.

/// A JSON document. Numbers keep their text: what the other end calls a number is never computed
/// with before it was checked.
package enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    package struct Member: Equatable, Sendable {
        package let key: String
        package let value: JSONValue
    }

    package static let sizeLimitBytes = 256 * 1024
    package static let depthLimit = 32

    /// - Throws: ``JSONFault``; the document is refused as a whole.
    package init(_ bytes: some Sequence<UInt8>) throws(JSONFault) {
        self = try JSONValue.parse(Array(bytes))
    }

    private static func parse(_ bytes: [UInt8]) throws(JSONFault) -> JSONValue {
        guard bytes.count <= sizeLimitBytes else { throw .tooLarge }
        // Pointers: with them the path of a frame stays within its budget in debug builds too.
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(JSONFault) -> JSONValue in
                var parser = JSONParser(bytes: buffer)
                return try parser.document()
            }
        }
        return try result.get()
    }

    /// The member `key` of an object; the first, if it is there twice.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        for member in members where member.key == key { return member.value }
        return nil
    }

    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    package var array: [JSONValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    package var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }
}

/// Why a document was refused.
package enum JSONFault: Error, Hashable, Sendable {
    case tooLarge
    case tooDeep
    /// Not JSON, from this byte on.
    case malformed(byteOffset: Int)
}
