//  IngestContext.swift · Ingest
//
//  What all shells of one upstream share.

import Logging
import Monitoring
import NIOCore

/// Settings, and the ways to everybody else, of one upstream's reader and its units' watchers.
struct IngestContext: Sendable {
    let group: any EventLoopGroup
    let timeout: Duration
    let bodyBytesMaximum: Int
    let pollInterval: Duration
    let discoveryInterval: Duration
    let seed: UInt64
    let directory: any UnitDirectory
    let sink: PatientSink
    let desk: DemandDesk
    let roll: UnitRoll
    let stopwatch: Stopwatch
    /// Of requests.
    let deadlines: Stopwatch
    let clock: any WallClock
    /// Names the upstream in all that it logs.
    let logger: Logger

    var now: Moment { Moment(date: clock.now, elapsed: stopwatch.now) }

    func seed(for unit: UnitID) -> UInt64 { seed.spread(by: unit.name) }

    /// Hands on what was found out about one unit, and logs what is wrong with it, each change
    /// once.
    func hand(_ observations: [Observation], of reader: UnitReader) async {
        for case .feed(let unit, let report) in observations where reader.isNews(report.fault) {
            if let fault = report.fault {
                logger.warning(
                    "a unit gives no readings",
                    metadata: ["unit": "\(unit)", "fault": "\(fault.rawValue)"])
            } else {
                logger.info("a unit gives readings again", metadata: ["unit": "\(unit)"])
            }
        }
        await sink.take(observations)
    }
}

extension UInt64 {
    /// Another seed for each name, the same one in each run. FNV-1a.
    func spread(by name: String) -> UInt64 {
        name.utf8.reduce(self ^ 0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
