//  ExportRoute.swift · Serve
//
//  `GET /api/export`: frames page by page, unit after unit, written as fast as the reader takes
//  them. Nothing but one page is in memory.

import HTTPTypes
import Hummingbird
import Logging
import Monitoring
import NIOCore

/// Answers `/api/export`.
struct ExportRoute: Sendable {
    let history: any LevelHistory
    let directory: any UnitDirectory
    let places: TransferPlaces
    let counts: ServeCounts
    let logger: Logger
    /// How long a reader may take nothing.
    let patience: Duration

    /// Frames read together: a day at 1 Hz.
    private static let pageFrames = 86_400

    func respond(_ request: Request, _ context: RequestScope) async throws -> Response {
        let known = try await directory.units().map(\.id)
        let query = try ExportQuery(request, known: known)
        let place = try places.take()
        // Records tell their number first.
        let count = query.format == .records ? try await count(query) : 0
        guard count <= UInt32.max else {
            throw Problem.unprocessable("to", "makes more frames than one binary export has")
        }
        var fields: HTTPFields = [
            .contentType: query.format.contentType, .cacheControl: "no-store",
            .contentDisposition: "attachment; filename=\"earshot.\(query.format.fileExtension)\"",
            .trailer: HTTPField.Name.damagedParts.rawName,
        ]
        if query.format == .records {
            fields[.unitNumbers] = query.units.enumerated()
                .map { "\($0.offset + 1):\($0.element)" }.joined(separator: ",")
        }
        let length = query.format == .records ? 16 + count * RecordReader.recordBytes : nil
        if length != nil { fields[.trailer] = nil }
        return Response(
            status: .ok, headers: fields,
            body: ResponseBody(contentLength: length) { writer in
                defer { place.leave() }
                let patient = PatientWriter(
                    channel: context.channel, patience: patience, counts: counts)
                do {
                    try await patient.write(
                        ExportRows.header(query.format, count: count), to: &writer)
                    let damaged = try await write(query, atMost: count, patient, &writer)
                    try await writer.finish(
                        length == nil ? [.damagedParts: String(damaged)] : nil)
                } catch {
                    logger.info(
                        "an export was not finished",
                        metadata: ["request_id": "\(context.requestID)", "reason": "\(error)"])
                    // The connection closes without the body's end, so that nobody takes it for
                    // whole.
                    throw error
                }
            })
    }

    private func count(_ query: ExportQuery) async throws -> Int {
        var count = 0
        for unit in query.units {
            for try await page in Pages(history, unit, query.range, Self.pageFrames) {
                count += page.columns.count
            }
        }
        return count
    }

    /// - Parameter count: for records, how many were announced.
    /// - Returns: parts that could not be read.
    @concurrent
    private func write(
        _ query: ExportQuery, atMost count: Int, _ patient: PatientWriter,
        _ writer: inout any ResponseBodyWriter
    ) async throws -> Int {
        var damaged: Set<Damage> = []
        var missing = query.format == .records ? count : Int.max
        for (index, unit) in query.units.enumerated() {
            var rows = ExportRows(query.format, of: unit, number: UInt16(index + 1))
            for try await page in Pages(history, unit, query.range, Self.pageFrames) {
                damaged.formUnion(page.damage)
                // Frames that came since they were counted are left out.
                let frames = min(page.columns.count, missing)
                missing -= frames
                for begin in stride(from: 0, to: frames, by: ExportRows.rowsTogether) {
                    let end = min(frames, begin + ExportRows.rowsTogether)
                    try await patient.write(rows.rows(page.columns, begin..<end), to: &writer)
                }
            }
        }
        guard query.format != .records || missing == 0 else { throw Shrunk(missing: missing) }
        return damaged.count
    }

    /// Frames were removed between counting and writing.
    private struct Shrunk: Error, CustomStringConvertible {
        let missing: Int
        var description: String { "\(missing) frames were removed since they were counted" }
    }
}

extension ExportRoute {
    /// The stored frames of a unit in a range, page by page.
    fileprivate struct Pages: AsyncSequence {
        typealias Element = StoredFrames

        let history: any LevelHistory
        let unit: UnitID
        let range: TimeRange
        let limit: Int

        init(_ history: any LevelHistory, _ unit: UnitID, _ range: TimeRange, _ limit: Int) {
            self.history = history
            self.unit = unit
            self.range = range
            self.limit = limit
        }

        struct AsyncIterator: AsyncIteratorProtocol {
            let pages: Pages
            var rest: TimeRange?

            mutating func next() async throws -> StoredFrames? {
                guard let range = rest else { return nil }
                let page = try await pages.history.frames(
                    of: pages.unit, in: range, limit: pages.limit)
                rest = nil
                if page.hasMore, let last = page.columns.times.last {
                    rest = TimeRange(start: Timestamp(milliseconds: last + 1), end: range.end)
                }
                return page
            }
        }

        func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pages: self, rest: range) }
    }
}

extension HTTPField.Name {
    /// In records: which number stands for which unit; goes into `units` of an import.
    static let unitNumbers = HTTPField.Name("X-Unit-Numbers")!
    /// Behind the body: parts of the store that could not be read.
    static let damagedParts = HTTPField.Name("X-Damaged-Parts")!
}
