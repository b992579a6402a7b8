//  FrameJournal.swift · Simulator
//
//  What was sent, for whoever wants to know whether all of it arrived:
//
//      NL43-0001,2026-11-23T16:35:17.714530,52.2

import Foundation

/// A text file with a line for each distinct reading that was sent to at least one subscriber.
struct FrameJournal {
    private let file: FileHandle

    /// Creates the file, or empties it.
    /// - Throws: ``SimulatorError/journal(path:)``.
    init(path: String) throws(SimulatorError) {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let file = FileHandle(forWritingAtPath: path)
        else { throw .journal(path: path) }
        self.file = file
    }

    /// Appends lines, made by ``append(_:unit:to:)``.
    func write(_ lines: [UInt8]) throws {
        guard !lines.isEmpty else { return }
        try file.write(contentsOf: lines)
    }

    func close() throws { try file.close() }

    /// Appends the line of a frame to `lines`; nothing for one that carries no reading.
    static func append(_ frame: FeedFrame, unit: String, to lines: inout [UInt8]) {
        guard case .reading(let reading) = frame.content else { return }
        lines += unit.utf8
        lines.append(UInt8(ascii: ","))
        frame.time.append(to: &lines)
        lines.append(UInt8(ascii: ","))
        if let lp = reading.values[.lp] { RawPayload.appendLevel(lp, to: &lines) }
        lines.append(UInt8(ascii: "\n"))
    }
}
