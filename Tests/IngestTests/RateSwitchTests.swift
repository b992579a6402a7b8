//  RateSwitchTests.swift · IngestTests

import Testing

@testable import Ingest

@Suite(.timeLimit(.minutes(10))) struct `A rate switch` {
    @Test func `wakes those who wait for its position`() async {
        let rateSwitch = RateSwitch()
        await rateSwitch.wait(for: false)
        await withTaskGroup { group in
            group.addTask { await rateSwitch.wait(for: true) }
            group.addTask { await rateSwitch.wait(for: true) }
            rateSwitch.turn(true)
        }
        #expect(rateSwitch.isOn)
    }

    @Test func `lets a cancelled task go`() async {
        let rateSwitch = RateSwitch()
        await withTaskGroup { group in
            group.addTask { await rateSwitch.wait(for: true) }
            group.cancelAll()
        }
        #expect(!rateSwitch.isOn)
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Socket slots` {
    @Test func `are never given twice, and all come back`() async {
        let slots = SocketSlots(count: 3)
        let held = Recorder((now: 0, most: 0))
        await withTaskGroup { group in
            for _ in 0..<100 {
                group.addTask {
                    #expect(await slots.acquire())
                    held.change { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                    await Task.yield()
                    held.change { $0.now -= 1 }
                    slots.release()
                }
            }
        }
        #expect(held.value.most <= 3)
        for _ in 0..<3 { #expect(await slots.acquire()) }
    }

    @Test func `let a cancelled task go without one`() async {
        let slots = SocketSlots(count: 1)
        #expect(await slots.acquire())
        await withTaskGroup { group in
            group.addTask { #expect(await slots.acquire() == false) }
            group.cancelAll()
        }
        slots.release()
        #expect(await slots.acquire())
    }
}
