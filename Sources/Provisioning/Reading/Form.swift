//  Form.swift · Provisioning
//
//  What a value must look like, and what a person is told when it does not.

import Monitoring

/// How a value is read.
struct Form<Value>: Sendable {
    /// Goes behind "Give".
    let remedy: String
    /// Whether the value must not be shown.
    var isSecret = false
    /// `nil` for what is not of this form.
    let read: @Sendable (Node) -> Value?
}

extension Form<String> {
    /// A text of which `isGood` holds.
    static func text(
        _ remedy: String, isSecret: Bool = false, _ isGood: @escaping @Sendable (String) -> Bool
    ) -> Form {
        Form(remedy: remedy, isSecret: isSecret) { node in
            guard case .text(let text) = node, isGood(text) else { return nil }
            return text
        }
    }

    /// What things are known by: ours, and in the file.
    static let identifier = text("an id: 1 to 64 of A-Z, a-z, 0-9, ., _, : and -") { text in
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: ":"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// What people call something.
    static let label = text("a text of 1 to 200 characters on one line") { text in
        (1...200).contains(text.count)
            && text.unicodeScalars.allSatisfy {
                ![.control, .lineSeparator, .paragraphSeparator].contains(
                    $0.properties.generalCategory)
            }
    }

    static func one(of words: [String]) -> Form {
        text(words.dropLast().joined(separator: ", ") + " or " + words.last!) { words.contains($0) }
    }
}

extension Form where Value: RawRepresentable<String> & CaseIterable & Sendable {
    static var word: Form {
        let words = Form<String>.one(of: Value.allCases.map(\.rawValue))
        return Form(remedy: words.remedy) { words.read($0).flatMap(Value.init(rawValue:)) }
    }
}

extension Form<Bool> {
    static let flag = Form(remedy: "true or false") { node in
        guard case .flag(let flag) = node else { return nil }
        return flag
    }
}

extension Form<Double> {
    static func number(_ range: ClosedRange<Double>, _ remedy: String? = nil) -> Form {
        let bounds = "\(Node.number(range.lowerBound)) to \(Node.number(range.upperBound))"
        return Form(remedy: remedy ?? "a number from \(bounds)") { node in
            guard case .number(let number) = node, range.contains(number) else { return nil }
            return number
        }
    }

    /// A level or a percentage: with the resolution that meters have.
    static func tenths(_ range: ClosedRange<Double>) -> Form {
        let number = number(range)
        return Form(remedy: number.remedy + " with at most one decimal") { node in
            number.read(node).flatMap { abs(($0 * 10).rounded() - $0 * 10) < 1e-6 ? $0 : nil }
        }
    }
}

extension Form<Int16> {
    /// A level, in tenths of a decibel.
    static func level(_ tenths: ClosedRange<Int>) -> Form {
        let range = Double(tenths.lowerBound) / 10...Double(tenths.upperBound) / 10
        let form = Form<Double>.tenths(range)
        return Form(remedy: form.remedy) { node in
            form.read(node).map { Int16(($0 * 10).rounded()) }
        }
    }
}

extension Form<Int> {
    static func whole(_ range: ClosedRange<Int>) -> Form {
        Form(remedy: "a whole number from \(range.lowerBound) to \(range.upperBound)") { node in
            guard case .number(let number) = node, let whole = Int(exactly: number) else {
                return nil
            }
            return range.contains(whole) ? whole : nil
        }
    }
}

extension Form<Timestamp> {
    static let time = Form(remedy: "a time of RFC 3339 like 2026-01-01T00:00:00Z") { node in
        guard case .text(let text) = node else { return nil }
        return Timestamp(rfc3339: text)
    }
}

extension Form {
    /// A list of at most `limit` different values.
    static func list<Element: Hashable & Sendable>(
        of form: Form<Element>, limit: Int? = nil, isEmptyGood: Bool
    ) -> Form where Value == [Element] {
        let bounds = [isEmptyGood ? nil : "at least one", limit.map { "at most \($0)" }]
        let tail = bounds.compactMap { $0.map { ", \($0)" } }.joined()
        return Form(remedy: "a list, each \(form.remedy) and once\(tail)") {
            guard case .list(let nodes) = $0, nodes.count <= limit ?? .max else { return nil }
            let values = nodes.compactMap(form.read)
            guard values.count == nodes.count, Set(values).count == values.count,
                isEmptyGood || !values.isEmpty
            else { return nil }
            return values
        }
    }
}
