import CacheBase
import Synchronization
import Testing

@Suite("Clock")
struct ClockTests {
    private static let start = Timestamp(rawValue: 1_800_000_000_000)

    @Test func aClockSetBackGoesOnFromWhereItWas() {
        let clock = Clock.manual(start: Self.start)
        clock.advance(milliseconds: 10)
        #expect(clock.now().rawValue == Self.start.rawValue + 10)
        clock.step(to: Timestamp(rawValue: 0))
        #expect(clock.now().rawValue == Self.start.rawValue + 10)
        clock.advance(milliseconds: 500)
        #expect(clock.now().rawValue == Self.start.rawValue + 510)
    }

    @Test func aClockSetForwardIsFollowed() {
        let clock = Clock.manual(start: Self.start)
        clock.step(to: Timestamp(rawValue: Self.start.rawValue + 3_600_000))
        #expect(clock.now().rawValue == Self.start.rawValue + 3_600_000)
        clock.step(to: Self.start)
        clock.advance(milliseconds: 1)
        #expect(clock.now().rawValue == Self.start.rawValue + 3_600_001)
    }

    @Test func aRaisedClockGoesOnFromTheMark() {
        let clock = Clock.manual(start: Timestamp(rawValue: 5))
        clock.raise(to: Self.start)
        #expect(clock.now() == Self.start)
        clock.advance(milliseconds: 7)
        #expect(clock.now().rawValue == Self.start.rawValue + 7)
    }

    @Test func theMachinesClockFollowsWallTime() {
        let clock = Clock.system()
        let first = clock.now()
        // 2020, and the far future.
        #expect(first.rawValue > 1_577_836_800_000 && first.rawValue < 1 << 47)
        #expect(clock.now() >= first)
        clock.raise(to: Timestamp(rawValue: first.rawValue + 1_000_000))
        #expect(clock.now().rawValue >= first.rawValue + 1_000_000)
    }

    @Test func whoKeepsMarksIsToldEachNewTimeUntilItIsForgotten() {
        let clock = Clock.manual(start: Self.start)
        let kept = Mutex<[UInt64]>([])
        let number = clock.remember { time in kept.withLock { $0.append(time.rawValue) } }
        let other = clock.remember { _ in }
        let first = clock.now()
        #expect(clock.now() == first)
        clock.forget(other)
        clock.advance(milliseconds: 3)
        let second = clock.now()
        #expect(kept.withLock { $0 } == [first.rawValue, second.rawValue])
        clock.forget(number)
        clock.forget(other)
        clock.advance(milliseconds: 3)
        _ = clock.now()
        #expect(kept.withLock { $0.count } == 2)
    }
}
