//  FeedFrame.swift · Simulator
//
//  What goes down `WS /{unit}/monitor`. Built by hand: a thousand frames a second and unit.

/// One message of a monitor feed.
struct FeedFrame: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        case reading(Reading)
        case unreachable
        /// Says "still unreachable"; never replayed to a new subscriber.
        case unreachableHeartbeat
    }
    /// The upstream's clock when the frame was made.
    let time: UpstreamTime
    let content: Content

    /// What lies between the cache row's `last_seen` and the frame's `timestamp`.
    static let delayMicroseconds: Int64 = 5000

    /// The fourteen keys of a reading, or the three or four of an unreachable unit, as JSON.
    func json(unit: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(640)
        bytes += "{\"unit_id\":".utf8
        JSON.append(unit, to: &bytes)
        bytes += ",\"timestamp\":\"".utf8
        time.append(to: &bytes)
        switch content {
        case .reading(let reading): FeedFrame.append(reading, to: &bytes)
        case .unreachable: bytes += "\",\"feed_status\":\"unreachable\"}".utf8
        case .unreachableHeartbeat:
            bytes += "\",\"feed_status\":\"unreachable\",\"heartbeat\":true}".utf8
        }
        return bytes
    }

    private static func append(_ reading: Reading, to bytes: inout [UInt8]) {
        bytes += "\",\"measurement_state\":\"".utf8
        bytes += reading.rawStateText.utf8
        if let start = reading.measurementStart {
            bytes += "\",\"measurement_start_time\":\"".utf8
            start.append(to: &bytes)
            bytes += "\",\"counter\":null".utf8
        } else {
            bytes += "\",\"measurement_start_time\":null,\"counter\":null".utf8
        }
        append(",\"lp\":", .lp, of: reading, to: &bytes)
        append(",\"leq\":", .leq, of: reading, to: &bytes)
        append(",\"lmax\":", .lmax, of: reading, to: &bytes)
        append(",\"lmin\":", .lmin, of: reading, to: &bytes)
        append(",\"lpeak\":", .lpeak, of: reading, to: &bytes)
        append(",\"ln1\":", .ln1, of: reading, to: &bytes)
        append(",\"ln2\":", .ln2, of: reading, to: &bytes)
        bytes += ",\"raw_payload\":\"".utf8
        reading.appendRawPayload(to: &bytes)
        bytes += "\",\"feed_status\":\"ok\"}".utf8
    }

    private static func append(
        _ key: StaticString, _ field: MeterReading.Field, of reading: Reading,
        to bytes: inout [UInt8]
    ) {
        bytes += UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
        if reading.display == .whole {
            bytes.append(UInt8(ascii: "\""))
            if let tenths = reading.values[field] {
                RawPayload.appendLevel(tenths, to: &bytes)
            } else {
                bytes += "-.-".utf8
            }
            bytes.append(UInt8(ascii: "\""))
        } else if let text = reading.text(field) {
            JSON.append(text, to: &bytes)
        } else {
            bytes += "null".utf8
        }
    }
}
