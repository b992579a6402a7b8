//  DiskRoomTests.swift · StoreTests

import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `The room on the disk` {
    private static let mib = 1 << 20
    private static let now = Timestamp(rfc3339: "2026-11-23T12:00:00Z")!

    private static func facts(
        free: Int, of total: Int = 100_000, minimum: Int = 1024, held: Bool = true,
        oldestDays: Int64? = 100, now: Timestamp = Self.now
    ) -> DiskPressure.Facts {
        DiskPressure.Facts(
            space: DiskSpace(freeBytes: free * mib, totalBytes: total * mib),
            freeBytesMinimum: minimum * mib, reserveBytes: 16 * mib, isReserveHeld: held,
            oldest: oldestDays.map { Self.now.advanced(byMilliseconds: -$0 * 86_400_000) }, now: now)
    }

    @Test(arguments: [
        ("plenty", facts(free: 5000), nil),
        ("plenty, no reserve yet", facts(free: 5000, held: false), .makeReserve),
        ("too little for a reserve, and nothing old", facts(free: 60, held: false, oldestDays: 3), nil),
        ("enough for a reserve, nothing old", facts(free: 70, held: false, oldestDays: 3), .makeReserve),
        ("below the minimum", facts(free: 1000), .releaseOldestDay),
        ("just at the minimum", facts(free: 1024), nil),
        ("the last week stays", facts(free: 1000, oldestDays: 7), nil),
        ("the eighth day goes no sooner than it is over", facts(free: 1000, oldestDays: 8), nil),
        ("the ninth goes", facts(free: 1000, oldestDays: 9), .releaseOldestDay),
        ("nothing stored", facts(free: 1000, oldestDays: nil), nil),
        ("never, when asked so", facts(free: 100, minimum: 0), nil),
        ("a small disk keeps a tenth free", facts(free: 500, of: 4000), nil),
        ("a small disk, below its tenth", facts(free: 300, of: 4000), .releaseOldestDay),
        ("nearly none: the reserve first", facts(free: 1), .releaseReserve),
        ("nearly none, reserve gone: a day", facts(free: 1, held: false), .releaseOldestDay),
    ] as [(String, DiskPressure.Facts, DiskPressure.Action?)])
    func `asks for one thing at a time`(
        name: String, facts: DiskPressure.Facts, action: DiskPressure.Action?
    ) {
        var pressure = DiskPressure()
        #expect(pressure.decide(facts) == action, Comment(rawValue: name))
    }

    /// Columns are minutes; `d` a day goes, `-` none.
    @Test(arguments: [
        ("little room: a day each ten minutes", 1000, "d---------d---------d-"),
        ("nearly none: a day each minute", 10, "dddddddddddddddddddddd"),
    ])
    func `is not won back in a rush`(name: String, free: Int, expected: String) {
        var pressure = DiskPressure()
        let drawn = (0..<expected.count).map { minute in
            let now = Self.now.advanced(byMilliseconds: Int64(minute) * 60_000)
            let action = pressure.decide(Self.facts(free: free, held: false, now: now))
            return action == .releaseOldestDay ? "d" : "-"
        }
        #expect(drawn.joined() == expected, Comment(rawValue: name))
    }

    @Test func `is looked at again after the clock went back`() {
        var pressure = DiskPressure()
        #expect(pressure.decide(Self.facts(free: 1000)) == .releaseOldestDay)
        let earlier = Self.now.advanced(byMilliseconds: -3_600_000)
        #expect(pressure.decide(Self.facts(free: 1000, now: earlier)) == .releaseOldestDay)
    }

    private func engine(_ disk: SimulatedDisk, reserve: Int = 3 << 20) throws -> StoreEngine {
        var configuration = StoreConfiguration()
        configuration.reserveBytes = reserve
        configuration.freeBytesMinimum = 40 << 20
        configuration.retentionMilliseconds = .max / 4
        var random = SplitMix64(seed: 1)
        return try StoreEngine.open(disk: disk, configuration: configuration) { random.next() }
    }

    @Test func `holds a reserve of real blocks, made in steps, once`() throws {
        let disk = SimulatedDisk()
        let engine = try engine(disk)
        for _ in 0..<5 { _ = try engine.mindRoom(now: Self.now) }
        let bytes = try #require(disk.bytes(Reserve.name))
        #expect(bytes.count == 3 << 20)
        #expect(Set(bytes[..<4096]).count > 200, "nothing that a file system would make smaller")
        let operations = disk.operations
        _ = try engine.mindRoom(now: Self.now)
        #expect(disk.operations == operations)
        let next = try self.engine(disk)
        #expect(next.reserve.isHeld)
    }

    @Test func `lets the reserve go first when it is full, and takes it back`() throws {
        let disk = SimulatedDisk()
        let engine = try engine(disk)
        for _ in 0..<5 { _ = try engine.mindRoom(now: Self.now) }
        var source = SampleFrames(from: Self.now)
        _ = try engine.append(source.next(10), now: Self.now)
        disk.capacity = disk.usedBytes
        try engine.commit()
        #expect(!engine.reserve.isHeld && disk.bytes(Reserve.name) == nil)
        #expect(engine.view.withState { $0.reasons } == [])
        _ = try engine.mindRoom(now: Self.now)
        #expect(engine.view.withState { $0.warnings }.contains { $0.hasPrefix("The reserve is in use") })
        disk.capacity = 1 << 30
        for _ in 0..<5 { _ = try engine.mindRoom(now: Self.now) }
        #expect(engine.reserve.isHeld)
        #expect(engine.view.withState { $0.warnings } == [])
    }

    @Test func `makes the oldest day go, and says so`() throws {
        let disk = SimulatedDisk()
        let engine = try engine(disk, reserve: 0)
        for days in [30, 20, 3] as [Int64] {
            var source = SampleFrames(from: Self.now.advanced(byMilliseconds: -days * 86_400_000))
            _ = try engine.importFrames([UnitID("NL43-0001")!: FrameColumns(source.next(100))])
        }
        disk.put("other", [UInt8](repeating: 0, count: 10 << 20))
        disk.capacity = disk.usedBytes + (1 << 19)
        var gone: [TimeRange] = []
        for minute in 0..<100 as Range<Int64> {
            let now = Self.now.advanced(byMilliseconds: minute * 60_000)
            if let day = try engine.mindRoom(now: now) { gone.append(day) }
        }
        #expect(gone.count == 2)
        // Their rollups stay.
        #expect(engine.view.withState { $0.segments.map(\.header.holdsFrames) } == [false, false, true])
        #expect(engine.view.withState { $0.warnings }.count == 1)
    }

    @Test func `when it is gone at the start, the reserve lets the service start`() throws {
        var model = try StoreModel(seed: 1)
        try model.commit(20, of: 0)
        model.disk.forget(Manifest.name)
        model.disk.put(Reserve.name, [UInt8](repeating: 1, count: 4096))
        model.disk.capacity = model.disk.usedBytes
        model.engine = try StoreModel.open(model.disk, seed: 2)
        #expect(model.stored(StoreModel.units[0]).count == 20)
    }

    /// Frames that neither disk nor memory took are a gap that is told, also after a restart.
    @Test func `and in memory: what is beyond both is a gap that is told`() throws {
        var model = try StoreModel(seed: 1)
        try model.commit(5, of: 0)
        model.disk.capacity = model.disk.usedBytes
        _ = try model.engine.append(model.next(5, of: 0), now: StoreModel.now)
        #expect(throws: DiskError.self) { try model.engine.commit() }
        let lost = model.sources[0].next(7)
        #expect(model.engine.lose(lost).lost == 7)
        #expect(throws: DiskError.self) { try model.engine.commit() }
        #expect(model.engine.view.withState { $0.reasons }.count == 2)
        model.disk.capacity = .max
        for start in 1...2 as ClosedRange<UInt64> {
            try model.engine.commit()
            let damage = model.engine.view.withState { $0.damage }
            #expect(damage.map(\.kind) == ["lost"], "start \(start)")
            #expect(damage.first?.from == lost.first?.time && damage.first?.to == lost.last?.time)
            #expect(model.engine.view.withState { $0.reasons } == [])
            #expect(model.stored(StoreModel.units[0]).count == 10)
            try model.crash(seed: start)
        }
    }
}

@Suite struct `A full disk` {
    /// The room ends after each number of bytes in turn, through commits, seals and merges; then
    /// there is room again.
    @Test(arguments: stride(from: 0, through: 6000, by: 97).map { $0 })
    func `costs nothing once there is room again`(room: Int) throws {
        var random = SplitMix64(seed: UInt64(room))
        var model = try StoreModel(seed: 11)
        for _ in 0..<6 { try? model.step(&random) }
        model.disk.capacity = model.disk.usedBytes + room
        for _ in 0..<60 { try? model.step(&random) }
        model.read()
        model.disk.capacity = .max
        try model.engine.commit()
        #expect(model.complaint() == nil)
        for unit in StoreModel.units {
            #expect(model.missing(unit) == [])
        }
        try model.engine.seal()
        try model.crash(seed: UInt64(room))
        #expect(model.complaint() == nil)
        #expect(model.engine.view.withState { $0.damage } == [])
        #expect(model.leftover() == nil)
    }

    @Test func `is tried less and less often, and at once when it works again`() {
        var pause = RetryPause<ContinuousClock.Instant>(from: .milliseconds(250), to: .seconds(10))
        var now = ContinuousClock.now
        var pauses: [Duration] = []
        for _ in 0..<8 {
            #expect(pause.isOver(at: now))
            pause.note(failed: true, at: now)
            let begin = now
            while !pause.isOver(at: now) { now = now.advanced(by: .milliseconds(250)) }
            pauses.append(begin.duration(to: now))
        }
        #expect(pauses.map { $0 / .milliseconds(250) } == [1, 2, 4, 8, 16, 32, 40, 40])
        pause.note(failed: false, at: now)
        pause.note(failed: true, at: now)
        #expect(pause.isOver(at: now.advanced(by: .milliseconds(250))))
    }
}
