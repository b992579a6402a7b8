//  RegistryFile.swift · Support

import Foundation
package import Store

/// A place for a registry, in a folder that goes with it.
package final class RegistryFile: Sendable {
    private let folder = FileManager.default.temporaryDirectory
        .appending(path: "earshot-registry-\(UUID().uuidString)")
    package var path: String { folder.appending(path: "registry.sqlite").path() }

    package init() {
        try! FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
}

/// A registry that goes with its file.
package struct TemporaryRegistry: Sendable {
    private let file = RegistryFile()
    package let book: SQLiteRegistry

    package init() { book = try! SQLiteRegistry(path: file.path) }
}
