//  SimulatedDisk.swift · Support
//
//  A disk in memory that keeps what was synced apart from what was only written.
//
//      write ─▶ pending ──sync──▶ durable          power cut: durable, plus any part of pending
//      create, rename, remove ─▶ names ──syncDirectory──▶ durable names
//
//  The model is POSIX at its least helpful: names and contents become durable independently, a
//  torn write leaves a prefix and perhaps rubbish.

import Monitoring
package import Store
import Synchronization

/// A simulated disk. Fails on request at the n-th operation that changes something.
package final class SimulatedDisk: Disk {
    private struct State {
        var names: [String: Node] = [:]
        var durableNames: [String: Node] = [:]
        var operations = 0
        var cutAt = Int.max
        var failures: Set<Int> = []
        var capacity = Int.max
        var forfeitedUses = 0
    }

    fileprivate final class Node: Sendable {
        struct Contents {
            var written: [UInt8] = []
            var durableCount = 0
            /// A sync failed: the system may have dropped what was written, and say nothing.
            var isForfeited = false
        }
        let contents: Mutex<Contents>

        init(_ bytes: [UInt8] = []) {
            contents = Mutex(Contents(written: bytes, durableCount: bytes.count))
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// Operations so far that change something.
    package var operations: Int { state.withLock { $0.operations } }

    /// From the `operation`-th change on, everything fails: the power is gone.
    package func cutPower(at operation: Int) { state.withLock { $0.cutAt = operation } }

    /// Lets single changes fail, by their number.
    package func fail(at operations: Set<Int>) { state.withLock { $0.failures = operations } }

    /// Writes and syncs of files a sync of which had failed: there must be none.
    package var forfeitedUses: Int { state.withLock { $0.forfeitedUses } }

    fileprivate func noteForfeitedUse() { state.withLock { $0.forfeitedUses += 1 } }

    /// How many bytes it holds in all; a write beyond leaves what fits, and fails.
    package var capacity: Int {
        get { state.withLock { $0.capacity } }
        set { state.withLock { $0.capacity = newValue } }
    }

    /// Bytes of all files. A file that was removed while it is open counts no more.
    package var usedBytes: Int {
        state.withLock { state in
            // Two names of one file take its room once.
            var nodes: [ObjectIdentifier: Node] = [:]
            for node in state.names.values { nodes[ObjectIdentifier(node)] = node }
            return nodes.values.reduce(0) { $0 + $1.contents.withLock { $0.written.count } }
        }
    }

    /// How many more bytes it takes.
    fileprivate var freeBytes: Int {
        let capacity = capacity
        return capacity == .max ? .max : max(0, capacity - usedBytes)
    }

    /// The disk as it may be found after a power cut now.
    package func afterPowerCut(seed: UInt64) -> SimulatedDisk {
        var random = SplitMix64(seed: seed)
        let disk = SimulatedDisk()
        state.withLock { old in
            // Each unsynced change of a name may have made it, or not.
            for name in Set(old.names.keys).union(old.durableNames.keys).sorted() {
                let kept = Bool.random(using: &random) ? old.names[name] : old.durableNames[name]
                let isCertain = old.names[name] === old.durableNames[name]
                guard let node = isCertain ? old.names[name] : kept else { continue }
                let bytes = node.contents.withLock { contents in
                    let torn = Int.random(
                        in: contents.durableCount...contents.written.count, using: &random)
                    var bytes = Array(contents.written[..<torn])
                    if torn < contents.written.count, Bool.random(using: &random) {
                        let rubbish = min(contents.written.count - torn, 64)
                        bytes += (0..<rubbish).map { _ in .random(in: 0...255, using: &random) }
                    }
                    return bytes
                }
                disk.put(name, bytes)
            }
        }
        return disk
    }

    /// Puts a durable file in place.
    package func put(_ name: String, _ bytes: [UInt8]) {
        let node = Node(bytes)
        state.withLock {
            $0.names[name] = node
            $0.durableNames[name] = node
        }
    }

    /// What a file holds now; `nil` when there is none.
    package func bytes(_ name: String) -> [UInt8]? {
        state.withLock { $0.names[name] }?.contents.withLock { $0.written }
    }

    /// Forgets a file, durably.
    package func forget(_ name: String) {
        state.withLock {
            $0.names[name] = nil
            $0.durableNames[name] = nil
        }
    }

    /// All files, sorted.
    package var files: [String] { state.withLock { $0.names.keys.sorted() } }

    fileprivate func change(_ operation: String, _ path: String) throws(DiskError) {
        let fails = state.withLock { state in
            defer { state.operations += 1 }
            return state.operations >= state.cutAt || state.failures.contains(state.operations)
        }
        if fails { throw DiskError(.system(5), operation, path) }
    }

    package func create(_ path: String) throws(DiskError) -> any DiskFile {
        try change("create", path)
        let node = Node()
        let exists = state.withLock { state in
            if state.names[path] != nil { return true }
            state.names[path] = node
            return false
        }
        if exists { throw DiskError(.exists, "create", path) }
        return SimulatedFile(self, path, node)
    }

    package func open(_ path: String) throws(DiskError) -> any DiskFile {
        guard let node = state.withLock({ $0.names[path] }) else {
            throw DiskError(.notFound, "open", path)
        }
        return SimulatedFile(self, path, node)
    }

    package func list(_ directory: String) throws(DiskError) -> [String] {
        files.filter { SimulatedDisk.directory(of: $0) == directory }
            .map { String($0.split(separator: "/").last!) }
    }

    package func makeDirectory(_ path: String) throws(DiskError) {}

    package func rename(_ path: String, to target: String) throws(DiskError) {
        try change("rename", path)
        let moved = state.withLock { state in
            guard let node = state.names.removeValue(forKey: path) else { return false }
            state.names[target] = node
            return true
        }
        if !moved { throw DiskError(.notFound, "rename", path) }
    }

    package func remove(_ path: String) throws(DiskError) {
        try change("remove", path)
        if state.withLock({ $0.names.removeValue(forKey: path) }) == nil {
            throw DiskError(.notFound, "remove", path)
        }
    }

    package func syncDirectory(_ path: String) throws(DiskError) {
        try change("sync", path)
        state.withLock { state in
            let inside = Set(state.names.keys).union(state.durableNames.keys)
                .filter { SimulatedDisk.directory(of: $0) == path }
            for name in inside { state.durableNames[name] = state.names[name] }
        }
    }

    package func link(
        _ path: String, of source: any Disk, as target: String
    ) throws(DiskError) {
        guard let node = (source as? SimulatedDisk)?.state.withLock({ $0.names[path] }) else {
            throw DiskError(.notFound, "link", path)
        }
        try change("link", path)
        let exists = state.withLock { $0.names.updateValue(node, forKey: target) } != nil
        if exists { throw DiskError(.exists, "link", target) }
    }

    package func space() throws(DiskError) -> DiskSpace {
        DiskSpace(freeBytes: min(freeBytes, 1 << 50), totalBytes: min(capacity, 1 << 51))
    }

    private static func directory(of path: String) -> String {
        path.split(separator: "/").dropLast().joined(separator: "/")
    }
}

private final class SimulatedFile: DiskFile {
    private let disk: SimulatedDisk
    private let path: String
    private let node: SimulatedDisk.Node

    init(_ disk: SimulatedDisk, _ path: String, _ node: SimulatedDisk.Node) {
        self.disk = disk
        self.path = path
        self.node = node
    }

    func size() throws(DiskError) -> Int { node.contents.withLock { $0.written.count } }

    func append(_ bytes: [UInt8]) throws(DiskError) {
        if node.contents.withLock({ $0.isForfeited }) { disk.noteForfeitedUse() }
        do {
            try disk.change("write", path)
        } catch {
            // A failed write may still have written some.
            node.contents.withLock { $0.written += bytes.prefix(bytes.count / 2) }
            throw error
        }
        let room = disk.freeBytes
        node.contents.withLock { $0.written += bytes.prefix(room) }
        if room < bytes.count { throw DiskError(.full, "write", path) }
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DiskError) {
        let isThere = node.contents.withLock { contents in
            guard offset >= 0, offset + buffer.count <= contents.written.count else { return false }
            buffer.copyBytes(from: contents.written[offset..<offset + buffer.count])
            return true
        }
        guard isThere else { throw DiskError(.truncated, "read", path) }
    }

    func sync() throws(DiskError) {
        if node.contents.withLock({ $0.isForfeited }) { disk.noteForfeitedUse() }
        do {
            try disk.change("sync", path)
        } catch {
            node.contents.withLock { $0.isForfeited = true }
            throw error
        }
        node.contents.withLock { $0.durableCount = $0.written.count }
    }
}
