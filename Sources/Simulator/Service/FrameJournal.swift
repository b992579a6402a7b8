//  FrameJournal.swift · Simulator
//
//  What was sent, or read from meters, for whoever wants to know whether all of it arrived:
//
//      NL43-0001,2026-11-23T16:35:17.714530,52.2

import Foundation

/// A text file with a line for each frame sent, or for each reading taken.
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

    /// Appends lines, made by ``append(unit:time:reading:to:)``.
    func write(_ lines: [UInt8]) throws {
        guard !lines.isEmpty else { return }
        try file.write(contentsOf: lines)
    }

    func close() throws { try file.close() }

    /// Appends a line to `lines`; `lp` is empty where the meter shows none.
    static func append(
        unit: String, time: UpstreamTime, reading: Reading, to lines: inout [UInt8]
    ) {
        lines += unit.utf8
        lines.append(UInt8(ascii: ","))
        time.append(to: &lines)
        lines.append(UInt8(ascii: ","))
        if reading.display != .garbled, let lp = reading.values[.lp] {
            RawPayload.appendLevel(lp, to: &lines)
        }
        lines.append(UInt8(ascii: "\n"))
    }
}
