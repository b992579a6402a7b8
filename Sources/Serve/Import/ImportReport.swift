//  ImportReport.swift · Serve
//
//  What became of an import, row by row where rows were refused.

import Monitoring
import NIOCore

/// Rows of an import that could not be taken.
struct ImportReport {
    /// A row that was not taken.
    struct Rejection: Equatable {
        /// The first row of data is 1.
        let row: Int
        /// A sentence without the row.
        let reason: String
    }

    /// The most rows that are named; the others are counted.
    static let namedMaximum = 1000

    private(set) var named: [Rejection] = []
    private(set) var count = 0

    mutating func reject(_ row: Int, _ reason: @autoclosure () -> String) {
        count += 1
        if named.count < ImportReport.namedMaximum {
            named.append(Rejection(row: row, reason: reason()))
        }
    }

    /// The answer of an import that is done.
    func body(_ summary: AppendSummary) -> ByteBuffer {
        var text = JSONText(capacity: 128 + named.count * 64)
        text.beginObject()
        text.key("accepted")
        text.integer(Int64(summary.accepted))
        text.key("duplicates")
        text.integer(Int64(summary.duplicates))
        text.key("conflicts")
        text.integer(Int64(summary.conflicts))
        text.key("rejected")
        text.beginArray()
        for rejection in named {
            text.beginObject()
            text.key("row")
            text.integer(Int64(rejection.row))
            text.key("reason")
            text.string(rejection.reason)
            text.endObject()
        }
        text.endArray()
        text.key("rejected_count")
        text.integer(Int64(count + summary.rejected))
        text.endObject()
        return text.buffer
    }
}
