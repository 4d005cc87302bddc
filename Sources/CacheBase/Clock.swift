internal import Glibc
internal import Synchronization

/// The clock seam: wall time that neither runs backwards nor stands still, and monotonic time.
///
/// Invariants:
/// - `now()` never returns less than it returned before, nor less than the high-water mark given by
///   `raise(to:)`; so an expired entry stays expired whatever the machine's clock does.
/// - Where the machine's clock is behind, time goes on at the monotonic clock's pace; so entries
///   end after their time also then.
/// - A keeper of marks is told a time before anybody else is.
///
/// A concrete class and not a protocol, because the read path asks it.
package final class Clock: Sendable {
    private let isManual: Bool
    /// The newest time that `now()` returned.
    private let highWater: Atomic<UInt64>
    /// Wall time minus monotonic time, in milliseconds: the largest that was seen.
    private let offset: Atomic<Int64>
    private let manualWall: Atomic<UInt64>
    private let manualMonotonic = Atomic<UInt64>(0)
    private let keepers = Mutex(Keepers())

    private struct Keepers {
        /// Never used twice, so that forgetting twice forgets nobody else.
        var nextNumber: UInt64 = 0
        var keeping: [UInt64: @Sendable (Timestamp) -> Void] = [:]
    }

    private init(isManual: Bool, start: UInt64) {
        self.isManual = isManual
        highWater = Atomic(0)
        manualWall = Atomic(start)
        offset = Atomic(Int64(clamping: start) &- (isManual ? 0 : Self.steadyMilliseconds()))
    }

    /// The machine's clock.
    package static func system() -> Clock {
        Clock(isManual: false, start: realtimeMilliseconds())
    }

    /// A clock that moves only when told to, for tests and simulation.
    package static func manual(start: Timestamp) -> Clock {
        Clock(isManual: true, start: start.rawValue)
    }

    /// Wall time; see the invariants for when the machine's is wrong.
    ///
    /// The machine's wall clock is looked at once a millisecond at most.
    package func now() -> Timestamp {
        let steady = steadyTime()
        let mark = highWater.load(ordering: .relaxed)
        guard steady > mark || isManual else { return Timestamp(rawValue: mark) }
        return advance(to: max(steady, mark))
    }

    /// Monotonic time brought to wall time by the offset known.
    private func steadyTime() -> UInt64 {
        let time = monotonicMilliseconds() &+ offset.load(ordering: .relaxed)
        return UInt64(clamping: time)
    }

    private func advance(to steady: UInt64) -> Timestamp {
        let wall = isManual ? manualWall.load(ordering: .relaxed) : Self.realtimeMilliseconds()
        if wall > steady {
            offset.max(Int64(clamping: wall) &- monotonicMilliseconds(), ordering: .relaxed)
        }
        let time = Timestamp(rawValue: max(steady, wall))
        if time.rawValue > highWater.load(ordering: .relaxed) {
            keepers.withLock { for keep in $0.keeping.values { keep(time) } }
            highWater.max(time.rawValue, ordering: .relaxed)
        }
        return time
    }

    private func monotonicMilliseconds() -> Int64 {
        isManual
            ? Int64(manualMonotonic.load(ordering: .relaxed) / 1_000_000)
            : Self.steadyMilliseconds()
    }

    /// Nanoseconds since some fixed point; for durations only.
    package func monotonicNanoseconds() -> UInt64 {
        if isManual { return manualMonotonic.load(ordering: .relaxed) }
        return Self.nanoseconds(CLOCK_MONOTONIC)
    }

    /// Takes over a high-water mark, from a checkpoint or from a peer.
    package func raise(to mark: Timestamp) {
        offset.max(
            Int64(clamping: mark.rawValue) &- monotonicMilliseconds(), ordering: .relaxed)
        highWater.max(mark.rawValue, ordering: .relaxed)
    }

    /// Calls `keep` with each new time before `now()` returns it, about once a millisecond at most,
    /// on any thread, one call at a time. It is short and calls nothing of the clock.
    /// - Returns: what `forget` takes.
    package func remember(_ keep: @escaping @Sendable (Timestamp) -> Void) -> UInt64 {
        keepers.withLock { keepers in
            keepers.nextNumber += 1
            keepers.keeping[keepers.nextNumber] = keep
            return keepers.nextNumber
        }
    }

    /// Ends `remember`; no call is under way when it returns.
    package func forget(_ number: UInt64) {
        keepers.withLock { _ = $0.keeping.removeValue(forKey: number) }
    }

    /// Moves a manual clock on; both its times.
    package func advance(milliseconds: UInt64) {
        precondition(isManual, "only a manual clock is advanced")
        manualWall.add(milliseconds, ordering: .relaxed)
        manualMonotonic.add(milliseconds &* 1_000_000, ordering: .relaxed)
    }

    /// Sets a manual clock's wall time, backwards too, as a stepped machine clock would.
    package func step(to wall: Timestamp) {
        precondition(isManual, "only a manual clock is stepped")
        manualWall.store(wall.rawValue, ordering: .relaxed)
    }

    private static func steadyMilliseconds() -> Int64 {
        Int64(nanoseconds(CLOCK_MONOTONIC) / 1_000_000)
    }

    private static func realtimeMilliseconds() -> UInt64 { nanoseconds(CLOCK_REALTIME) / 1_000_000 }

    /// 0 for a time before the clock's beginning.
    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
