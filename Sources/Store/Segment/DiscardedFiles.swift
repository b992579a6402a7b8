//  DiscardedFiles.swift · Store
//
//  Files that are to go: inputs of a merge, and outputs of which nobody knows whether a manifest
//  lists them. None may go before a manifest that does not list it is durable, and one whose
//  removal fails is tried again.
//
//      output ─▶ doubt ──installed──▶ keep        it is listed
//                     └──failed────▶ stays, until a later manifest without it is durable

/// Names of files that the store does not need any more.
struct DiscardedFiles {
    private(set) var names: Set<String> = []

    /// Takes note of files that nobody will need once the next manifest is durable.
    mutating func add(_ names: some Sequence<String>) { self.names.formUnion(names) }

    /// Takes files out again: they are listed.
    mutating func keep(_ names: some Sequence<String>) { self.names.subtract(names) }

    /// Removes what can be removed. Call it right after a manifest was published.
    mutating func sweep(_ disk: any Disk) {
        guard !names.isEmpty else { return }
        for name in names {
            do throws(DiskError) {
                try disk.remove(name)
            } catch where error.kind != .notFound {
                continue
            } catch {}
            names.remove(name)
        }
        // So that a power cut does not bring them back; if it does, the next start knows them.
        try? disk.syncDirectory("seg")
    }
}
