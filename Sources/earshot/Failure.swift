//  Failure.swift · earshot

import Glibc
import Store

/// Why the program ends: a sentence for the person and a code for the script.
struct Failure: Error {
    /// The exit codes that scripts rely on.
    enum Code: Int32 {
        /// The check or the work failed.
        case failed = 1
        /// Wrong usage or configuration.
        case usage = 2
        /// Something needed is not there: a port, an upstream, a folder.
        case unavailable = 69
        /// Try again: the data folder is in use.
        case tryAgain = 75
    }

    let code: Code
    let sentence: String

    init(_ code: Code, _ sentence: String) {
        self.code = code
        self.sentence = sentence
    }

    /// What a person is told when the data folder cannot be opened.
    init(opening folder: String, _ error: any Error) {
        switch error {
        case StoreLock.Failure.held(let process):
            let holder = process.isEmpty ? "another process" : "process \(process)"
            self.init(
                .tryAgain,
                "The data folder \(folder) is in use by \(holder). Stop it, or give another --data.")
        case let newer as NewerFormat:
            self.init(
                .unavailable,
                "The data folder \(folder) was written by a later version of earshot: \(newer). "
                    + "Install that version again, or restore a backup of before it. Nothing was "
                    + "changed.")
        case StoreLock.Failure.disk(let cause):
            self.init(folder, because: "\(cause)")
        default:
            self.init(folder, because: "\(error)")
        }
    }

    private init(_ folder: String, because reason: String) {
        self.init(
            .unavailable,
            "The data folder \(folder) cannot be used: \(reason). "
                + "Make it writable for this user, or give another --data.")
    }

    /// Writes a line to standard error.
    static func say(_ line: String) { write(line + "\n") }

    /// Writes to standard error.
    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(2, bytes, bytes.count)
    }
}
