package import Dispatch

/// Runs tasks on a thread of its own, and not on those that all tests share: what keeps those busy
/// does not keep what a test waits for from happening in time.
package final class OwnThread: TaskExecutor {
    private let queue = DispatchQueue(label: "own-thread")

    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
