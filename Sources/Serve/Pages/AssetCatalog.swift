//  AssetCatalog.swift · Serve
//
//  The browser's files by name and by the address under which they may be kept for ever.

import CAssets
import HTTPTypes
import Hummingbird
import NIOCore

/// The browser's files. A file's address holds a digest of it: a new program, a new address.
package struct AssetCatalog: Sendable {
    struct Asset {
        let bytes: ByteBuffer
        /// The same made smaller, if it is.
        let coded: [ContentCoding: ByteBuffer]
        let contentType: String
        /// `/assets/unit.0123456789.js`
        let address: String
    }

    /// By key in templates: the file name with `_` for `.` and `-`.
    private let assets: [String: Asset]
    private let byAddress: [String: Asset]
    /// Templates by name without `.mustache`.
    let templates: [String: String]

    /// - Parameter files: contents by name, `unit.js`, `unit.mustache`.
    package init(files: [String: [UInt8]]) {
        var assets: [String: Asset] = [:]
        var templates: [String: String] = [:]
        for (name, bytes) in files {
            if let stem = AssetCatalog.stem(name, of: "mustache") {
                templates[stem] = String(decoding: bytes, as: UTF8.self)
                continue
            }
            guard let (stem, type, contentType) = AssetCatalog.kind(of: name) else { continue }
            let digest = Digest.hex(Digest.sha256(bytes).prefix(8))
            let bytes = ByteBuffer(bytes: bytes)
            let coded = ContentCoding.allCases.compactMap { coding in
                coding.coding(bytes, isKept: true).map { (coding, $0) }
            }
            assets[AssetCatalog.key(name)] = Asset(
                bytes: bytes, coded: Dictionary(uniqueKeysWithValues: coded), contentType: contentType,
                address: "/assets/\(stem).\(digest).\(type)")
        }
        self.assets = assets
        self.templates = templates
        byAddress = Dictionary(uniqueKeysWithValues: assets.values.map { ($0.address, $0) })
    }

    /// The files inside the program.
    package static let embedded: AssetCatalog = {
        var files: [String: [UInt8]] = [:]
        for index in 0..<earshot_asset_count {
            let asset = earshot_asset_at(index).pointee
            let bytes = UnsafeBufferPointer(start: asset.bytes, count: asset.count)
            files[String(cString: asset.name)] = Array(bytes)
        }
        return AssetCatalog(files: files)
    }()

    /// Addresses by key in templates.
    var addresses: [String: String] { assets.mapValues(\.address) }

    func asset(at address: String) -> Asset? { byAddress[address] }

    func asset(named name: String) -> Asset? { assets[AssetCatalog.key(name)] }

    /// A document of ours that is asked for by a name of its own.
    func document(_ name: String) throws(Problem) -> Response {
        guard let asset = asset(named: name) else { throw .notFound }
        return .json(asset.bytes, fields: [.cacheControl: "no-cache"])
    }

    static func key(_ name: String) -> String {
        name.replacing(".", with: "_").replacing("-", with: "_")
    }

    private static func stem(_ name: String, of type: String) -> String? {
        name.hasSuffix("." + type) ? String(name.dropLast(type.utf8.count + 1)) : nil
    }

    private static func kind(of name: String) -> (stem: String, type: String, contentType: String)?
    {
        for (type, contentType) in contentTypes {
            if let stem = stem(name, of: type) { return (stem, type, contentType) }
        }
        return nil
    }

    /// What is served; other files are not.
    private static let contentTypes = [
        "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8",
        "svg": "image/svg+xml", "png": "image/png", "ico": "image/x-icon",
        "json": "application/json", "txt": "text/plain; charset=utf-8",
    ]
}

extension AssetCatalog.Asset {
    /// The answer to a request for this file: a browser need never ask again.
    func response(to request: Request) -> Response {
        var response = Response(
            status: .ok,
            headers: [
                .contentType: contentType, .cacheControl: "public, max-age=31536000, immutable",
                .vary: "Accept-Encoding",
            ],
            body: ResponseBody(byteBuffer: bytes))
        if let coding = ContentCoding.accepted(by: request.headers), let coded = coded[coding] {
            response.setBody(coded, coding)
        }
        return response
    }
}
