internal import CShims

/// What the calling thread has had of the processors.
package struct ThreadUse: Sendable {
    /// Time that it ran.
    package var nanoseconds: UInt64
    /// Times that it was made to leave a processor for another thread.
    package var preemptions: UInt64

    package init(nanoseconds: UInt64, preemptions: UInt64) {
        self.nanoseconds = nanoseconds
        self.preemptions = preemptions
    }

    /// As of now. - Complexity: two system calls.
    package static var current: ThreadUse {
        var use = ThreadUse(nanoseconds: 0, preemptions: 0)
        dcs_thread_use(&use.nanoseconds, &use.preemptions)
        return use
    }
}
