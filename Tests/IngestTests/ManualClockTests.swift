//  ManualClockTests.swift · IngestTests

import Monitoring
import Support
import Testing

@Suite(.timeLimit(.minutes(10))) struct `A manual clock` {
    @Test func `stands still until it is moved`() async throws {
        let clock = ManualClock(start: Timestamp(milliseconds: 1000))
        #expect(clock.now.milliseconds == 1000)
        clock.advance(by: .milliseconds(1500))
        #expect(clock.now.milliseconds == 2500)
        clock.advance(to: Timestamp(milliseconds: 7))
        #expect(clock.now.milliseconds == 2500)
        clock.step(to: Timestamp(milliseconds: 7))
        #expect(clock.now.milliseconds == 7)
    }

    @Test func `wakes whose time has come, and only those`() async throws {
        let clock = ManualClock()
        let woken = Recorder<[Int]>([])
        await withTaskGroup { group in
            for seconds in [3, 1, 2] {
                group.addTask {
                    try? await clock.sleep(for: .seconds(seconds))
                    woken.change { $0.append(seconds) }
                }
            }
            await clock.sleepers(3)
            clock.advance(by: .milliseconds(999))
            #expect(clock.sleeperCount == 3)
            clock.advance(by: .milliseconds(1))
            await woken.wait { $0 == [1] }
            #expect(clock.sleeperCount == 2)
            clock.advance(by: .seconds(60))
            await woken.wait { $0.count == 3 }
        }
    }

    @Test func `does not hold up a sleep that is over or cancelled`() async throws {
        let clock = ManualClock()
        try await clock.sleep(for: .zero)
        await withThrowingTaskGroup { group in
            group.addTask { try await clock.sleep(for: .seconds(1)) }
            await clock.sleepers()
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.next() }
            group.addTask { try await clock.sleep(for: .seconds(1)) }
            await #expect(throws: CancellationError.self) { try await group.next() }
        }
        #expect(clock.sleeperCount == 0)
    }
}
