internal import NIOCore

/// A loop's worker, to be held anywhere and used on its loop.
struct WorkerHandle: Sendable {
    let eventLoop: any EventLoop
    let signal: DurableSignal
    private let worker: NIOLoopBound<LoopWorker>

    /// On the worker's loop.
    init(_ worker: LoopWorker, _ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.worker = NIOLoopBound(worker, eventLoop: eventLoop)
        signal = DurableSignal(eventLoop: eventLoop) { [worker = self.worker] in
            worker.value.advanced()
        }
        worker.signal = signal
    }

    /// On the worker's loop.
    func makeHandler(isRefused: Bool) -> DataHandler {
        DataHandler(worker: worker.value, isRefused: isRefused)
    }

    /// On the worker's loop: for a connection of another node.
    func makeForwardedHandler() -> DataHandler {
        DataHandler(worker: worker.value, isRefused: false, isForwarded: true)
    }

    /// Runs `body` on the worker's loop, some time.
    func run(_ body: @escaping @Sendable (LoopWorker) -> Void) {
        eventLoop.execute { [worker] in body(worker.value) }
    }

    /// Runs `body` on the worker's loop and waits for it.
    func finish(_ body: @escaping @Sendable (LoopWorker) -> Void) async throws {
        try await eventLoop.submit { [worker] in body(worker.value) }.get()
    }
}
