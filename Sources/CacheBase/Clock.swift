internal import Glibc
internal import Synchronization

/// The clock seam: wall time that never runs backwards, and monotonic time.
///
/// Invariant: `now()` never returns less than it returned before, nor less than the high-water
/// mark given by `raise(to:)`; so an expired entry stays expired whatever the machine's clock does.
/// A concrete class and not a protocol, because the read path asks it.
package final class Clock: Sendable {
    private let isManual: Bool
    private let highWater: Atomic<UInt64>
    private let manualWall: Atomic<UInt64>
    private let manualMonotonic: Atomic<UInt64>

    private init(isManual: Bool, start: UInt64) {
        self.isManual = isManual
        highWater = Atomic(start)
        manualWall = Atomic(start)
        manualMonotonic = Atomic(0)
    }

    /// The machine's clock.
    package static func system() -> Clock { Clock(isManual: false, start: 0) }

    /// A clock that moves only when told to, for tests and simulation.
    package static func manual(start: Timestamp) -> Clock {
        Clock(isManual: true, start: start.rawValue)
    }

    /// Wall time, held at its high-water mark.
    package func now() -> Timestamp {
        let wall = isManual ? manualWall.load(ordering: .relaxed) : Self.realtimeMilliseconds()
        let mark = highWater.load(ordering: .relaxed)
        guard wall > mark else { return Timestamp(rawValue: mark) }
        highWater.max(wall, ordering: .relaxed)
        return Timestamp(rawValue: wall)
    }

    /// Nanoseconds since some fixed point; for durations only.
    package func monotonicNanoseconds() -> UInt64 {
        if isManual { return manualMonotonic.load(ordering: .relaxed) }
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    /// Takes over a high-water mark, from a checkpoint or from a peer.
    package func raise(to mark: Timestamp) {
        highWater.max(mark.rawValue, ordering: .relaxed)
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

    private static func realtimeMilliseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) &* 1000 &+ UInt64(time.tv_nsec) / 1_000_000
    }
}
