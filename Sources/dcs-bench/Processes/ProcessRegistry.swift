internal import Glibc
internal import Synchronization

/// The processes that a run has started and not yet waited for, so that none outlives it.
///
/// Invariant: a process is in the registry from its start until it was waited for; after
/// `killAll` none is started any more.
final class ProcessRegistry: Sendable {
    private struct State {
        var running: Set<pid_t> = []
        var isClosed = false
    }
    private let state = Mutex(State())

    /// Starts a process by `start` and takes it in.
    func start(_ start: () throws -> pid_t) throws -> pid_t {
        try state.withLock { state in
            guard !state.isClosed else { throw BenchmarkError("interrupted") }
            let process = try start()
            state.running.insert(process)
            return process
        }
    }

    /// Waits for a process and takes it out.
    /// - Returns: its exit code; 128 and the signal's number where a signal ended it.
    func wait(for process: pid_t) -> Int32 {
        var status: Int32 = 0
        var info = siginfo_t()
        // The number stays taken until it is out of the registry: nobody else's is ever killed.
        while waitid(P_PID, id_t(process), &info, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        return state.withLock { state in
            waitpid(process, &status, 0)
            state.running.remove(process)
            let signal = status & 0x7F
            return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        }
    }

    /// Ends every process at once, and refuses new ones.
    func killAll() {
        state.withLock { state in
            state.isClosed = true
            for process in state.running { kill(process, SIGKILL) }
        }
    }
}
