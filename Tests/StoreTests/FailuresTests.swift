//  FailuresTests.swift · StoreTests

import Testing

@testable import Store

@Suite struct `A failure` {
    // Attempts in order, one letter a kind of work, large when it failed; + began, - ended.
    @Test(arguments: [
        ("is told once, however often it is tried", "aAAAA", ".+..."),
        ("is told to have ended, once", "AAaaA", "+.-.+"),
        ("does not end because other work succeeds", "aBaBaBb", ".+....-"),
    ])
    func `of one kind of work`(behaviour: String, attempts: String, told: String) {
        var failures = Failures()
        let answers = attempts.map { attempt in
            switch failures.note(attempt.lowercased(), failed: attempt.isUppercase) {
            case .began: "+"
            case .ended: "-"
            case nil: "."
            }
        }
        #expect(answers.joined() == told, Comment(rawValue: behaviour))
    }
}
