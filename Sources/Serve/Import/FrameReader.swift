//  FrameReader.swift · Serve
//
//  What every format of an import is read by.

/// Reads frames of a body that comes in chunks, cut anywhere. One task at a time.
protocol FrameReader {
    /// Reads the next bytes; whole rows go to the intake.
    ///
    /// - Throws: 400 when the body as a whole is not of its format; nothing of it is stored then.
    mutating func read(_ chunk: UnsafeRawBufferPointer) throws(Problem)

    /// The body is at its end.
    ///
    /// - Throws: 400 when something is missing.
    mutating func finish() throws(Problem)
}
