//  Schema.swift · ServeTests
//
//  As much of JSON Schema 2020-12 as our own OpenAPI documents use; a keyword beyond it is a fault
//  of the document, so that none is passed over.

import Foundation

/// An OpenAPI document, and answers held against it.
struct Schema {
    let document: [String: Any]

    init(_ text: String) throws {
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
        document = value as? [String: Any] ?? [:]
    }

    var paths: [String: [String: Any]] { document["paths"] as? [String: [String: Any]] ?? [:] }

    static let methods = ["get", "put", "post", "delete"]

    /// `GET /healthz` …
    var operations: Set<String> {
        var operations: Set<String> = []
        for (path, item) in paths {
            for method in Schema.methods where item[method] != nil {
                operations.insert("\(method.uppercased()) \(path)")
            }
        }
        return operations
    }

    /// The schema of an answer, as the document has it.
    func answer(_ path: String, _ method: String, _ status: Int, _ type: String) -> [String: Any]? {
        let operation = paths[path]?[method] as? [String: Any]
        let responses = operation?["responses"] as? [String: Any]
        let response = (responses?["\(status)"] ?? responses?["default"]) as? [String: Any]
        let content = response?["content"] as? [String: Any]
        return (content?[type] as? [String: Any])?["schema"] as? [String: Any]
    }

    /// What of `value` is not as `schema` says; empty when all is.
    func faults(_ text: String, _ schema: [String: Any]) -> [String] {
        guard
            let value = try? JSONSerialization.jsonObject(
                with: Data(text.utf8), options: .fragmentsAllowed)
        else { return ["not JSON: \(text)"] }
        return faults(value, schema, at: "$")
    }

    private static let known: Set<String> = [
        "$ref", "type", "enum", "anyOf", "properties", "required", "additionalProperties", "items",
        "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format",
        "description", "default",
    ]

    private func faults(_ value: Any, _ schema: [String: Any], at path: String) -> [String] {
        var faults = Set(schema.keys).subtracting(Schema.known).map { "\(path): keyword \($0)" }
        if let reference = schema["$ref"] as? String {
            guard let target = resolve(reference) else { return ["\(path): no \(reference)"] }
            return self.faults(value, target, at: path)
        }
        if let choices = schema["anyOf"] as? [[String: Any]] {
            let results = choices.map { self.faults(value, $0, at: path) }
            if results.allSatisfy({ !$0.isEmpty }) { faults += results.flatMap(\.self) }
        }
        let types = (schema["type"] as? [String]) ?? (schema["type"] as? String).map { [$0] }
        if let types, !types.contains(where: { Schema.isOf($0, value) }) {
            faults.append("\(path): \(value) is not \(types)")
        }
        if let words = schema["enum"] as? [Any],
            !words.contains(where: { ($0 as? NSObject) == (value as? NSObject) })
        {
            faults.append("\(path): \(value) is none of \(words)")
        }
        if let object = value as? [String: Any] { faults += self.faults(of: object, schema, path) }
        if let array = value as? [Any], let items = schema["items"] as? [String: Any] {
            for (index, element) in array.enumerated() {
                faults += self.faults(element, items, at: "\(path)[\(index)]")
            }
        }
        if let text = value as? String { faults += Schema.faults(of: text, schema, path) }
        return faults
    }

    private func faults(
        of object: [String: Any], _ schema: [String: Any], _ path: String
    ) -> [String] {
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        var faults: [String] = []
        for key in schema["required"] as? [String] ?? [] where object[key] == nil {
            faults.append("\(path): \(key) is missing")
        }
        for (key, value) in object {
            if let schema = properties[key] {
                faults += self.faults(value, schema, at: "\(path).\(key)")
            } else if schema["additionalProperties"] as? Bool == false {
                faults.append("\(path): \(key) is not described")
            }
        }
        return faults
    }

    private static func faults(
        of text: String, _ schema: [String: Any], _ path: String
    ) -> [String] {
        if let pattern = schema["pattern"] as? String,
            text.range(of: pattern, options: .regularExpression) == nil
        {
            return ["\(path): \(text) is not like \(pattern)"]
        }
        if schema["format"] as? String == "date-time",
            text.range(of: #"^\d{4}-\d\d-\d\dT[\d:.]+Z$"#, options: .regularExpression) == nil
        {
            return ["\(path): \(text) is no time"]
        }
        return []
    }

    func resolve(_ reference: String) -> [String: Any]? {
        var value: Any? = document
        for part in reference.dropFirst(2).split(separator: "/") {
            value = (value as? [String: Any])?[String(part)]
        }
        return value as? [String: Any]
    }

    private static func isOf(_ type: String, _ value: Any) -> Bool {
        // Foundation has one class for numbers and booleans.
        let number = value as? NSNumber
        let isBoolean = number.map { String(cString: $0.objCType) == "c" } ?? false
        return switch type {
        case "null": value is NSNull
        case "boolean": isBoolean
        case "string": value is String
        case "number": number != nil && !isBoolean
        case "integer": !isBoolean && number.map { $0.doubleValue.rounded() == $0.doubleValue } == true
        case "array": value is [Any]
        case "object": value is [String: Any]
        default: false
        }
    }
}
