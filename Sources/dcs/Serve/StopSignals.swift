internal import Glibc

/// SIGTERM and SIGINT as a sequence of their names.
///
/// Made on the main thread before any other thread exists: threads inherit that the signals are
/// blocked, so that they stay pending until the main thread, in `deliver`, takes them.
struct StopSignals {
    /// Each signal as it arrives; never ends.
    let names: AsyncStream<String>
    private let arrivals: AsyncStream<String>.Continuation
    private var signals = sigset_t()

    init() {
        // The first stops, the second hurries; more say nothing new.
        (names, arrivals) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(2))
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Takes signals until the process ends. Gives the calling thread away.
    func deliver() -> Never {
        var signals = signals
        while true {
            var number: Int32 = 0
            guard sigwait(&signals, &number) == 0 else { continue }
            arrivals.yield(number == SIGINT ? "SIGINT" : "SIGTERM")
        }
    }
}
