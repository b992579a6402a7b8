//  FrameImport.swift · Monitoring
//
//  Serve → store: frames of the past, brought in at once.
//
//      beginImport ─▶ add, add, … ─▶ finish   all durable, then visible, in one step
//                          └──────▶ cancel    as if nothing had been

/// Where imports begin. Implemented by the store.
package protocol FrameImporter: Sendable {
    /// Begins an import. Any number may run at once, beside live frames.
    ///
    /// - Throws: ``StoreError/stopped`` after a stop, ``StoreError/failed`` when the disk takes
    ///   nothing.
    func beginImport() async throws(StoreError) -> any FrameImport
}

/// An import that was begun. One caller, one call at a time.
package protocol FrameImport: Sendable {
    /// The times that the store takes now; a frame outside must not be added.
    var times: TimeRange { get }

    /// Takes frames of a unit. Calls may go back in time; what they repeat is counted.
    ///
    /// Memory is bounded: full days go to temporary files while the import goes on. The caller
    /// waits when the disk is slower than its source. `frames` of about 1,000 to 100,000 are best.
    /// - Throws: ``StoreError/full`` when the disk is full, ``StoreError/failed`` when it fails:
    ///   nothing of the import stays.
    func add(_ frames: FrameColumns, of unit: UnitID) async throws(StoreError)

    /// Makes everything durable and visible, all or nothing.
    ///
    /// - Returns: what became of the frames. One that is stored already is a duplicate when its
    ///   values are the same, else a conflict and left as it was: the first write wins.
    func finish() async throws(StoreError) -> AppendSummary

    /// Lets go of everything.
    func cancel() async
}
