internal import CacheBase
internal import CacheEngine
internal import CacheNode
internal import NIOCore

/// Puts a `Connection` on a channel: hands it what is read, sends what is ready, serves its waits.
///
/// Invariant: reading is asked for explicitly (`autoRead` is off), and only while the connection
/// wants input, or to throw away what still comes before a last answer has been taken.
final class DataHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    var connection: Connection<Engine>
    /// Place in the worker's table.
    var place = -1
    private let worker: LoopWorker
    private let isRefused: Bool
    private var context: ChannelHandlerContext?
    private var isSettling = false
    private var isEnding = false
    /// Among the worker's `durableWaiters`.
    private var awaitsDurable = false
    /// Until when the present wait lasts; nil where none is served.
    private var waitDeadline: UInt64?
    private var blockedSince: UInt64?
    private var blockedBytes = 0
    private var lingersSince: UInt64?

    init(worker: LoopWorker, isRefused: Bool) {
        self.worker = worker
        self.isRefused = isRefused
        connection = Connection(store: worker.engine, loop: worker.context)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        worker.add(self)
    }

    func channelActive(context: ChannelHandlerContext) {
        if isRefused {
            connection.refuseAndClose(.overloaded("The server is at its limit of connections."))
        }
        settle(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        connection.receive(&bytes)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        settle(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable, connection.isBlocked else { return }
        unblock()
        settle(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .inputClosed? = event as? ChannelEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        if isEnding { return context.close(promise: nil) }
        connection.inputEnded()
        settle(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        worker.remove(self)
        connection.tearDown()
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset or a broken pipe: nobody is left to tell.
        context.close(promise: nil)
    }

    /// Goes on with a request that waited; nothing where the connection is gone.
    func resume(_ resumption: Connection<Engine>.Resumption) {
        guard let context, connection.isWaiting else { return }
        waitDeadline = nil
        connection.resume(resumption)
        settle(context)
    }

    /// `durableLSN` has advanced; nil where the log failed.
    func durableAdvanced(_ durable: LSN?) {
        awaitsDurable = false
        guard let context else { return }
        guard let durable else {
            connection.durabilityFailed()
            return settle(context)
        }
        connection.answers.release(upTo: durable)
        if case .durable(let wanted) = connection.waiting, wanted <= durable {
            return resume(.again)
        }
        settle(context)
    }

    /// Looks again for a version that had not been seen.
    func seenAdvanced(_ last: LSN) {
        guard context != nil, case .seen(let wanted) = connection.waiting else { return }
        if wanted <= last { resume(.again) } else { worker.awaitSeen(self) }
    }

    /// Acts on time passed.
    func sweep() {
        guard let context else { return }
        let now = worker.context.now
        if let lingersSince, now - lingersSince >= HTTPLimits.lingerMilliseconds {
            return context.close(promise: nil)
        }
        if let blockedSince {
            let grace = HTTPLimits.bodyGraceMilliseconds
            let due = UInt64(blockedBytes) * 1000 / HTTPLimits.bytesPerSecondMin
            if now - blockedSince > grace + due { return context.close(promise: nil) }
        }
        if let waitDeadline, now >= waitDeadline { return resume(.expired) }
        connection.sweep()
        settle(context)
    }

    /// Ends the connection as soon as what it has begun is answered.
    func drain() {
        guard let context, connection.isIdle else { return }
        connection.close()
        settle(context)
    }

    func abort() { context?.close(promise: nil) }

    /// Sends what is ready, serves a new wait, and asks for more input where it is wanted.
    private func settle(_ context: ChannelHandlerContext) {
        guard !isSettling else { return }
        isSettling = true
        flush(context)
        while connection.hasWork {
            connection.carryOutInput()
            flush(context)
        }
        isSettling = false
        serveWait()
        if connection.isFinished {
            end(context)
        } else if connection.wantsInput {
            context.read()
        }
    }

    @inline(__always)
    private func flush(_ context: ChannelHandlerContext) {
        let count = connection.answers.ready.readableBytes
        guard count > 0 else { return }
        context.writeAndFlush(wrapOutboundOut(connection.answers.ready), promise: nil)
        connection.answers.clearReady()
        if context.channel.isWritable {
            connection.answers.discharge()
        } else {
            connection.isBlocked = true
            blockedSince = worker.context.now
            blockedBytes = count
        }
    }

    private func unblock() {
        connection.isBlocked = false
        blockedSince = nil
        connection.answers.discharge()
    }

    private func serveWait() {
        if let lsn = connection.awaitedLSN, !awaitsDurable {
            awaitsDurable = true
            worker.awaitDurable(self, lsn)
        }
        guard connection.isWaiting, waitDeadline == nil else { return }
        waitDeadline = worker.context.now + worker.context.settings.waitMilliseconds
        switch connection.waiting {
        case .nothing, .durable: break
        case .seen: worker.awaitSeen(self)
        case .disk(let job):
            waitDeadline = .max
            worker.readDisk(job, for: self)
        }
    }

    /// Ends the sending side; then reads on for a while, so that the last answer is not lost to
    /// a reset by bytes that nobody read.
    private func end(_ context: ChannelHandlerContext) {
        guard !isEnding else { return context.read() }
        isEnding = true
        let promise = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        promise.futureResult.whenComplete { _ in
            bound.value.lingersSince = bound.value.worker.context.now
        }
        context.close(mode: .output, promise: promise)
        context.read()
    }
}
