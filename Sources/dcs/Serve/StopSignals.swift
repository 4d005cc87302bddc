internal import Glibc

/// SIGTERM and SIGINT as something to wait for.
///
/// Made on the main thread before any other thread exists: threads inherit that the signals are
/// blocked, so that they stay pending until one thread asks for them.
struct StopSignals {
    private var signals = sigset_t()

    init() {
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Blocks until one of them arrives, and returns its name.
    func wait() -> String {
        var signals = signals
        var number: Int32 = 0
        while sigwait(&signals, &number) != 0 {}
        return number == SIGINT ? "SIGINT" : "SIGTERM"
    }

    /// Blocks until one of them arrives, or until the time is over.
    /// - Returns: true where one arrived.
    func wait(milliseconds: UInt64) -> Bool {
        var signals = signals
        var limit = timespec(
            tv_sec: Int(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
        // An interrupted wait begins anew: a longer limit, which harms nothing.
        while true {
            if sigtimedwait(&signals, nil, &limit) > 0 { return true }
            if errno != EINTR { return false }
        }
    }
}
