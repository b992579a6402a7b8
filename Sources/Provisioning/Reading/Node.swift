//  Node.swift · Provisioning
//
//  A JSON document as a value. Foundation parses; what it lets pass without a word, a key that
//  stands there twice, is looked for beside it.

import Foundation

/// A JSON value.
enum Node: Equatable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([Node])
    case members([String: Node])

    /// - Parameter json: UTF-8.
    /// - Throws: ``ProvisionProblems`` with one sentence for what is not JSON at all, or with one
    ///   for each key that is there twice.
    init(json: [UInt8]) throws(ProvisionProblems) {
        var problems = ProvisionProblems()
        // A byte order mark or zeros would make it another encoding to Foundation.
        guard String(validating: json, as: UTF8.self) != nil, !json.contains(0) else {
            problems.note("The file is not UTF-8. Save it as UTF-8.")
            throw problems
        }
        do {
            self.init(try JSONSerialization.jsonObject(with: Data(json), options: .fragmentsAllowed))
        } catch {
            let reason = (error as NSError).userInfo["NSDebugDescription"] as? String ?? "\(error)"
            problems.note("The file is not JSON: \(reason) Correct it there.")
            throw problems
        }
        var scan = KeyScan()
        for place in scan.repeatedKeys(in: json) {
            problems.note("\(place) is given twice. Give it once.")
        }
        guard problems.count == 0 else { throw problems }
    }

    private init(_ value: Any) {
        switch value {
        case let text as String: self = .text(text)
        case let number as NSNumber:
            // `as? Bool` would take 0 and 1, too.
            let isFlag = String(cString: number.objCType) == "c"
            self = isFlag ? .flag(number.boolValue) : .number(number.doubleValue)
        case let list as [Any]: self = .list(list.map(Node.init(_:)))
        case let members as [String: Any]: self = .members(members.mapValues(Node.init(_:)))
        default: self = .null
        }
    }
}

extension Node: CustomStringConvertible {
    /// What a person is shown of it: short, and nothing of what is inside.
    var description: String {
        switch self {
        case .null: "null"
        case .flag(let flag): "\(flag)"
        case .number(let number): Int(exactly: number).map { "\($0)" } ?? "\(number)"
        case .text(let text): text.count > 60 ? "\"\(text.prefix(57))...\"" : "\"\(text)\""
        case .list: "a list"
        case .members: "an object"
        }
    }
}

/// Finds keys that stand twice in one object. Reads only what is JSON already.
private struct KeyScan {
    private struct Level {
        let place: String
        let isObject: Bool
        var keys: Set<String> = []
        var index = 0
        /// The key whose value is read; `nil` where a key is awaited.
        var key: String?

        var inside: String {
            if let key { return place.isEmpty ? key : "\(place).\(key)" }
            return "\(place)[\(index)]"
        }
    }

    private var levels: [Level] = []
    private var repeated: [String] = []

    mutating func repeatedKeys(in json: [UInt8]) -> [String] {
        var position = 0
        while position < json.count {
            switch json[position] {
            case UInt8(ascii: "\""):
                let start = position
                position += 1
                while json[position] != UInt8(ascii: "\"") {
                    position += json[position] == UInt8(ascii: "\\") ? 2 : 1
                }
                string(json[start...position])
            case UInt8(ascii: "{"): push(isObject: true)
            case UInt8(ascii: "["): push(isObject: false)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): levels.removeLast()
            case UInt8(ascii: ","):
                levels[levels.count - 1].key = nil
                levels[levels.count - 1].index += 1
            default: break
            }
            position += 1
        }
        return repeated
    }

    private mutating func push(isObject: Bool) {
        levels.append(Level(place: levels.last?.inside ?? "", isObject: isObject))
    }

    private mutating func string(_ quoted: ArraySlice<UInt8>) {
        guard let level = levels.last, level.isObject, level.key == nil else { return }
        let escaped = try? JSONSerialization.jsonObject(
            with: Data(quoted), options: .fragmentsAllowed)
        let key = escaped as? String ?? ""
        levels[levels.count - 1].key = key
        if !levels[levels.count - 1].keys.insert(key).inserted {
            repeated.append(levels[levels.count - 1].inside)
        }
    }
}
