//  SettingsFile.swift · earshot
//
//  The configuration file: one JSON object whose keys are those of the settings, limits inside an
//  object `limit`. Unknown keys and wrong types are errors that name the key.

import Foundation

/// What a configuration file says. Pure.
struct SettingsFile {
    /// A value as it stands in the file.
    enum Value: Equatable {
        case text(String)
        case integer(Int64)
        case flag(Bool)
        case list([String])
        /// What no setting is; its type in words.
        case unusable(String)
    }

    /// The file does not count beyond this size.
    static let bytesMaximum = 1 << 20

    private(set) var values: [String: Value] = [:]
    /// Sentences about the file as a whole and about keys that do not exist.
    private(set) var problems: [String] = []

    init() {}

    /// - Parameter known: the keys of all settings.
    init(_ bytes: [UInt8], path: String, known: [String]) {
        let tree: JSONTree
        do {
            tree = try JSONDecoder().decode(JSONTree.self, from: Data(bytes))
        } catch {
            problems = ["\(path) is not JSON\(SettingsFile.reason(error)). Mend it, or remove it."]
            return
        }
        guard case .object(let members) = tree else {
            problems = ["\(path) is not a JSON object. Write {\"data\": \"/var/lib/earshot\"}."]
            return
        }
        take(members, under: "", path, known)
    }

    private mutating func take(
        _ members: [String: JSONTree], under prefix: String, _ path: String, _ known: [String]
    ) {
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            let key = prefix + name
            if known.contains(key) {
                values[key] = Value(value)
            } else if case .object(let inner) = value,
                known.contains(where: { $0.hasPrefix(key + ".") })
            {
                take(inner, under: key + ".", path, known)
            } else {
                let hint = Spelling.nearest(to: key, among: known).map { "; did you mean \"\($0)\"?" }
                problems.append("\(path): there is no setting \"\(key)\"\(hint ?? ".")")
            }
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard case DecodingError.dataCorrupted(let context) = error,
            let cause = context.underlyingError
        else { return "" }
        let words = "\((cause as NSError).userInfo[NSDebugDescriptionErrorKey] ?? "")"
        return words.isEmpty ? "" : ": " + words.prefix { $0 != "." }
    }
}

extension SettingsFile.Value {
    /// The value as `form` wants it.
    /// - Throws: a complaint when the type is another.
    func texts(for form: SettingForm) throws(SettingForm.Complaint) -> [String] {
        switch (self, form) {
        case (.integer(let number), .number): return ["\(number)"]
        case (.list(let texts), .upstreams): return texts
        case (.flag(let flag), .flag): return [flag ? "true" : "false"]
        case (.text(let text), let form) where form.fileType == SettingForm.text: return [text]
        default: throw SettingForm.Complaint("is \(typeInWords). Give \(form.fileType).")
        }
    }

    private var typeInWords: String {
        switch self {
        case .text: SettingForm.text
        case .integer: SettingForm.wholeNumber
        case .flag: SettingForm.trueOrFalse
        case .list: SettingForm.listOfStrings
        case .unusable(let words): words
        }
    }

    fileprivate init(_ tree: JSONTree) {
        switch tree {
        case .string(let text): self = .text(text)
        case .integer(let number): self = .integer(number)
        case .array(let items):
            let texts = items.compactMap { if case .string(let text) = $0 { text } else { nil } }
            self = texts.count == items.count ? .list(texts) : .unusable("a list of other things")
        case .number: self = .unusable("a number with a fraction")
        case .bool(let flag): self = .flag(flag)
        case .null: self = .unusable("null")
        case .object: self = .unusable("an object")
        }
    }
}

extension SettingForm {
    fileprivate static let text = "a string"
    fileprivate static let wholeNumber = "a whole number"
    fileprivate static let trueOrFalse = "true or false"
    fileprivate static let listOfStrings = "a list of strings"

    /// What it is in the file.
    fileprivate var fileType: String {
        switch self {
        case .number: SettingForm.wholeNumber
        case .flag: SettingForm.trueOrFalse
        case .upstreams: SettingForm.listOfStrings
        default: SettingForm.text
        }
    }
}

/// Any JSON.
enum JSONTree: Decodable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object([String: JSONTree])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .string(text)
        } else if let items = try? value.decode([JSONTree].self) {
            self = .array(items)
        } else {
            self = .object(try value.decode([String: JSONTree].self))
        }
    }
}

/// What somebody may have meant.
enum Spelling {
    /// The nearest word within two edits, one for short words; `nil` when none is that near.
    static func nearest(to word: String, among words: [String]) -> String? {
        let most = word.utf8.count < 12 ? 1 : 2
        return words.map { (distance(word, $0), $0) }.filter { $0.0 <= most }.min { $0.0 < $1.0 }?.1
    }

    /// Insertions, deletions and replacements between two words. O(n·m).
    private static func distance(_ a: String, _ b: String) -> Int {
        let b = Array(b.utf8)
        var row = Array(0...b.count)
        for (i, left) in a.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, right) in b.enumerated() {
                let replaced = diagonal + (left == right ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}
