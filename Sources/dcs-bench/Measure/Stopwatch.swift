internal import Glibc

/// Wall time since it was started, by the monotonic clock.
struct Stopwatch: Sendable {
    private let start = Self.now()

    /// Nanoseconds since some fixed point.
    @inline(__always)
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    var nanoseconds: UInt64 { Self.now() - start }
    var seconds: Double { Double(nanoseconds) / 1e9 }

    /// Runs `body` and returns how many of `count` things it did in a second.
    static func rate<Failure: Error>(
        of count: Int, _ body: () throws(Failure) -> Void
    ) throws(Failure) -> Double {
        let watch = Stopwatch()
        try body()
        return Double(count) / watch.seconds
    }
}
