//  FrameDeletion.swift · Monitoring
//
//  Serve → store: stored frames that are to go.

/// Where stored frames are deleted. Implemented by the store.
package protocol FrameDeletion: Sendable {
    /// Deletes the stored frames of `unit` with times in `range`, which is not empty.
    ///
    /// On return no reader is given them any more, nor after a restart; the disk has them until
    /// their days are rewritten. Frames stored later stay, whatever their time: a correction is a
    /// deletion and then an import. Repeating the call does no harm.
    /// - Returns: false when no frame of the unit was ever stored.
    /// - Throws: ``DeletionError``.
    func deleteFrames(of unit: UnitID, in range: TimeRange) async throws(DeletionError) -> Bool
}

/// Why stored frames were not deleted.
package enum DeletionError: Error, Hashable, Sendable {
    /// So many deletions wait for their days to be written anew, which is the most there may be.
    /// Nothing was deleted.
    case tooMany(Int)
    /// Whether the frames are gone is not known, and the call is to be repeated.
    case store(StoreError)
}
