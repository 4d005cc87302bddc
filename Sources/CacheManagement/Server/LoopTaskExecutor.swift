internal import NIOCore

/// Runs the plane's tasks on its event loop, and not on the threads that all tasks of the process
/// share: what keeps those busy does not keep a probe waiting.
///
/// The loop outlives the tasks; whoever shuts it down has awaited them.
final class LoopTaskExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
