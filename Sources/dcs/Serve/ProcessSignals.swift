internal import Glibc

/// SIGTERM and SIGINT, which stop the node, and SIGHUP, which reloads it, as sequences.
///
/// Made on the main thread before any other thread exists: threads inherit that the signals are
/// blocked, so that they stay pending until the main thread, in `deliver`, takes them.
struct ProcessSignals: Sendable {
    /// The name of each signal to stop as it arrives; never ends.
    let stops: AsyncStream<String>
    /// Each demand to reload as it arrives; never ends.
    let reloads: AsyncStream<Void>
    private let stopArrivals: AsyncStream<String>.Continuation
    private let reloadArrivals: AsyncStream<Void>.Continuation

    private static let numbers = [SIGTERM, SIGINT, SIGHUP]

    init() {
        // The first stops, the second hurries; more say nothing new.
        (stops, stopArrivals) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(2))
        // One that waits stands for all.
        (reloads, reloadArrivals) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
        var signals = Self.set()
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Takes signals until the process ends. Gives the calling thread away.
    func deliver() -> Never {
        var signals = Self.set()
        while true {
            var number: Int32 = 0
            guard sigwait(&signals, &number) == 0 else { continue }
            switch number {
            case SIGHUP: reloadArrivals.yield()
            case SIGINT: stopArrivals.yield("SIGINT")
            default: stopArrivals.yield("SIGTERM")
            }
        }
    }

    private static func set() -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in numbers { sigaddset(&signals, number) }
        return signals
    }
}
