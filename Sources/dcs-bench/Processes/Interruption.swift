internal import Glibc

/// Ends the run in order when it is interrupted: children first, then the files.
enum Interruption {
    private static let signals = [SIGINT, SIGTERM, SIGHUP]
    private static let exitCode: Int32 = 130

    /// From now on such a signal calls `cleanUp` and ends the process. Called before any other
    /// thread is started, since they inherit the mask.
    static func install(cleanUp: @escaping @Sendable () -> Void) {
        signal(SIGPIPE, SIG_IGN)
        var set = signalSet()
        pthread_sigmask(SIG_BLOCK, &set, nil)
        Threads.start {
            var set = signalSet()
            var number: Int32 = 0
            sigwait(&set, &number)
            cleanUp()
            _exit(exitCode)
        }
    }

    private static func signalSet() -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        return set
    }
}
