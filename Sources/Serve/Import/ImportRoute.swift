//  ImportRoute.swift · Serve
//
//  `POST /api/import`: a body of any length goes by in chunks and is never held as a whole. What is
//  read while the store writes is bounded by the intake; then the body is not read on, and its
//  sender has to wait.
//
//      body ──chunk──▶ reader ──rows──▶ intake ──full──▶ FrameImport.add … finish ──▶ answer
//        └─ ends early, or is not what it says ─────────▶ FrameImport.cancel

import HTTPTypes
import Hummingbird
import Logging
import Monitoring
import NIOCore

/// Answers `/api/import`.
struct ImportRoute: Sendable {
    let importer: any FrameImporter
    let directory: any UnitDirectory
    let places: TransferPlaces
    let bounds: ImportIntake.Bounds
    let logger: Logger

    /// A chunk is read piece by piece, so that one of a thousand frames more or less comes on top of
    /// what the intake holds.
    private static let pieceBytes = 65_536
    private static let nothing = "Nothing of this import was stored."

    @concurrent
    func respond(_ request: Request, _ context: RequestScope) async throws -> Response {
        let known = Set(try await directory.units().map(\.id))
        let query = try ImportQuery(request, known: known)
        let place = try places.take()
        defer { place.leave() }
        let began = try await Problem.ofStore(ImportRoute.nothing) { () throws(StoreError) in
            try await importer.beginImport()
        }
        let intake = ImportIntake(times: began.times, bounds: bounds)
        let summary: AppendSummary
        do {
            var reader = reader(query, known, request.contentLength, intake)
            try await read(request, with: &reader, intake, into: began)
            summary = try await Problem.ofStore(ImportRoute.nothing) { () throws(StoreError) in
                try await began.finish()
            }
        } catch {
            await began.cancel()
            throw error
        }
        note(summary, intake.report, query, context)
        return .json(intake.report.body(summary))
    }

    private func reader(
        _ query: ImportQuery, _ known: Set<UnitID>, _ length: Int?, _ intake: ImportIntake
    ) -> any FrameReader {
        var units = ImportUnits(known: known, unit: query.unit, intake: intake)
        switch query.format {
        case .csv: return CSVReader(units: units, intake: intake)
        case .ndjson: return NDJSONReader(units: units, intake: intake)
        case .records:
            if let lane = units.fallback {
                return RecordReader(owner: .lane(lane), length: length, intake: intake)
            }
            return RecordReader(
                owner: .lanes(units.lanes(of: query.numbers)), length: length, intake: intake)
        }
    }

    @concurrent
    private func read(
        _ request: Request, with reader: inout any FrameReader, _ intake: ImportIntake,
        into began: any FrameImport
    ) async throws {
        var bytes = 0
        var chunks = request.body.makeAsyncIterator()
        while let chunk = try await ImportRoute.next(&chunks) {
            bytes += chunk.readableBytes
            var rest = chunk
            while let piece = rest.readSlice(
                length: min(rest.readableBytes, ImportRoute.pieceBytes)), piece.readableBytes > 0
            {
                try ImportRoute.read(piece, with: &reader)
                if intake.isFull { try await handOver(intake.drain(), to: began) }
            }
        }
        // A connection that was closed in the middle of a body looks like its end.
        if let length = request.contentLength, bytes != length { throw Problem.endedEarly }
        try reader.finish()
        try await handOver(intake.drain(everything: true), to: began)
    }

    @concurrent
    private static func next(
        _ chunks: inout RequestBody.AsyncIterator
    ) async throws -> ByteBuffer? {
        do {
            return try await chunks.next()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // Closed, reset or malformed: whoever sent it is to blame, or gone.
            throw Problem.endedEarly
        }
    }

    private static func read(
        _ piece: ByteBuffer, with reader: inout any FrameReader
    ) throws(Problem) {
        let result = piece.withUnsafeReadableBytes { bytes in
            Result { () throws(Problem) in try reader.read(bytes) }
        }
        try result.get()
    }

    @concurrent
    private func handOver(
        _ drained: [(unit: UnitID, frames: FrameColumns)], to began: any FrameImport
    ) async throws {
        for (unit, frames) in drained {
            try await Problem.ofStore(ImportRoute.nothing) { () throws(StoreError) in
                try await began.add(frames, of: unit)
            }
        }
    }

    private func note(
        _ summary: AppendSummary, _ report: ImportReport, _ query: ImportQuery,
        _ context: RequestScope
    ) {
        logger.notice(
            "frames were imported",
            metadata: [
                "accepted": "\(summary.accepted)", "duplicates": "\(summary.duplicates)",
                "conflicts": "\(summary.conflicts)", "rejected": "\(report.count)",
                "token": "\(context.access?.name ?? "")",
                "request_id": "\(context.requestID)",
            ])
    }
}

extension Request {
    /// How long the body is said to be.
    fileprivate var contentLength: Int? { headers[.contentLength].flatMap { Int($0) } }
}

extension Problem {
    fileprivate static let endedEarly = Problem(
        status: .badRequest, detail: "The body ended early. Nothing of it was stored.")
}
