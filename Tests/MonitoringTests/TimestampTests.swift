//  TimestampTests.swift · MonitoringTests

import Monitoring
import Support
import Testing

@Suite struct `A timestamp` {
    @Test(arguments: [
        ("2026-11-23T16:35:14.645Z", "2026-11-23T16:35:14.645Z"),
        ("2026-11-23T16:35:14Z", "2026-11-23T16:35:14.000Z"),
        ("2026-11-23t16:35:14.6z", "2026-11-23T16:35:14.600Z"),
        ("2026-11-23T16:35:14.645999Z", "2026-11-23T16:35:14.645Z"),
        ("2026-11-23T16:35:14+01:00", "2026-11-23T15:35:14.000Z"),
        ("2026-11-23T00:35:14-09:30", "2026-11-23T10:05:14.000Z"),
        ("2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"),
    ])
    func `is read from RFC 3339 and written in UTC`(text: String, written: String) {
        #expect(Timestamp(rfc3339: text)?.description == written)
    }

    @Test(arguments: [
        ("an hour ahead", 3_600_000, "2026-11-23T17:35:14.645+01:00"),
        ("half an hour more", 19_800_000, "2026-11-23T22:05:14.645+05:30"),
        ("behind", -34_200_000, "2026-11-23T07:05:14.645-09:30"),
        ("none", 0, "2026-11-23T16:35:14.645+00:00"),
        ("seconds, which there is no text for", -75_000, "2026-11-23T16:34:14.645-00:01"),
        ("less than a minute", -30_000, "2026-11-23T16:35:14.645+00:00"),
    ])
    func `is written on a local clock`(what: String, offset: Int64, written: String) {
        let time = Timestamp(rfc3339: "2026-11-23T16:35:14.645Z")!
        let text = time.description(offsetMilliseconds: offset)
        #expect(text == written, Comment(rawValue: what))
        #expect(Timestamp(rfc3339: text) == time)
    }

    @Test(arguments: [
        "", "now", "2026-11-23", "2026-11-23T16:35", "2026-11-23T16:35:14", "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-23T24:00:00Z",
        "2026-11-23T16:60:14Z", "2026-11-23T16:35:60Z", "2026-11-23T16:35:14.Z",
        "2026-11-23T16:35:14Zz", "2026-11-23T16:35:14+1:00", "2026-11-23T16:35:14 01:00",
        "0000-01-01T00:00:00Z", "+2026-11-23T16:35:14Z",
    ])
    func `is not read out of anything else`(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func `without a zone is UTC only where that is said`() {
        let text = "2026-11-23T16:35:14.645021"
        #expect(Timestamp(rfc3339: text) == nil)
        #expect(
            Timestamp(rfc3339: text, withoutZone: .utc)?.description == "2026-11-23T16:35:14.645Z")
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `survives being written and read`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let time = Timestamp(
            milliseconds: .random(in: -62_135_596_800_000...253_402_300_799_999, using: &random))
        #expect(Timestamp(rfc3339: time.description) == time)
    }
}
