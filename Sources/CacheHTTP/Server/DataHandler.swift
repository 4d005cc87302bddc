internal import CacheBase
internal import CacheEngine
internal import CacheNode
internal import CacheSecurity
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Puts a `Connection` on a channel: hands it what is read, sends what is ready, serves its waits.
///
/// Invariant: reading is asked for explicitly (`autoRead` is off), and only while the connection
/// wants input, or to throw away what still comes before a last answer has been taken.
final class DataHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The state, behind a pointer: its methods exclude overlapping access when they are compiled,
    /// and a check at run time for each use of a property would cost 3 % of a request.
    let connection: UnsafeMutablePointer<Connection<Engine>>
    /// Place in the worker's table.
    var place = -1
    let worker: LoopWorker
    private let isRefused: Bool
    /// Another node's connection, which is encrypted and checked below: it sends its clients'
    /// requests.
    private let isForwarded: Bool
    private(set) var context: ChannelHandlerContext?
    /// To send on directly; nil where that cannot be, and from the channel's end on.
    private var socket: DirectSocket?
    /// The channel's own receive buffer, while it is not to be used; see `ReceiveAllocator`.
    private var keptBuffer: ByteBuffer?
    /// Writes that the channel holds.
    private var channelWrites = 0
    private var isSettling = false
    private var isEnding = false
    /// Among the worker's `advanceWaiters`.
    private var awaitsAdvance = false
    /// Until when the present wait lasts; nil where none is served.
    private var waitDeadline: UInt64?
    private(set) var blockedSince: UInt64?
    private var blockedBytes = 0
    private var lingersSince: UInt64?
    /// Of the request being answered, once it is asked for.
    var eventStream: EventStream?
    /// Since when the connection is being encrypted; nil once it is, and for a plain one.
    private var handshakeSince: UInt64?

    /// It counts among the connections that clients may have.
    var isCounted: Bool { !isForwarded }

    init(worker: LoopWorker, isRefused: Bool, isForwarded: Bool = false) {
        self.worker = worker
        self.isRefused = isRefused
        self.isForwarded = isForwarded
        connection = .allocate(capacity: 1)
        connection.initialize(
            to: Connection(
                store: worker.engine, loop: worker.context, isForwarded: isForwarded))
    }

    deinit {
        connection.deinitialize(count: 1)
        connection.deallocate()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        worker.context.counters.connected(isTurnedAway: isRefused)
        worker.add(self)
        // One that is forwarded was there before its handler.
        if isForwarded, context.channel.isActive { settle(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        if isForwarded { return settle(context) }
        if worker.encryption == nil {
            socket = DirectSocket(context)
        } else {
            handshakeSince = worker.context.now
        }
        if isRefused {
            connection.pointee.refuseAndClose(.overloaded("All connections are taken."))
        }
        settle(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        worker.context.counters.received(bytes: bytes.readableBytes)
        if connection.pointee.times.isIdle {
            connection.pointee.times.begin(at: worker.context.clock.monotonicNanoseconds())
        }
        if !ReceiveAllocator.isFull(bytes.readableBytes) {
            keptBuffer = nil
        } else if keptBuffer == nil {
            keptBuffer = bytes
        }
        connection.pointee.receive(&bytes)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        settle(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable, connection.pointee.isBlocked else { return }
        unblock()
        settle(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .inputClosed? = event as? ChannelEvent else {
            if case .handshakeCompleted? = event as? TLSUserEvent {
                handshakeSince = nil
                settle(context)
            }
            return context.fireUserInboundEventTriggered(event)
        }
        if isEnding { return cut(context) }
        connection.pointee.inputEnded()
        settle(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        noteHandshakeFailure()
        end()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        worker.remove(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A peer that ends its side without saying so in TLS may still wait for answers, and what
        // is not whole is not carried out: no harm is in such an end.
        if case .uncleanShutdown? = error as? NIOSSLError { return }
        // A reset, a broken pipe or a failed handshake: nobody is left to tell.
        cut(context)
    }

    /// Goes on with a request that waited; nothing where the connection is gone.
    func resume(_ resumption: Connection<Engine>.Resumption) {
        guard let context, connection.pointee.isWaiting else { return }
        waitDeadline = nil
        connection.pointee.resume(resumption)
        settle(context)
    }

    /// What is waited for has come further; nil where it never will.
    func advanced(_ reached: ReachedLSN?) {
        awaitsAdvance = false
        guard let context else { return }
        if connection.pointee.advanced(to: reached) { return resume(.again) }
        settle(context)
    }

    /// The fetch of keys has ended, whether it brought them or not.
    func keysFetched() {
        guard context != nil, case .keys = connection.pointee.waiting else { return }
        resume(.again)
    }

    /// Looks again for a version that had not been seen.
    func seenAdvanced(_ last: LSN) {
        guard context != nil, case .seen(let wanted) = connection.pointee.waiting else { return }
        if wanted <= last { resume(.again) } else { worker.awaitSeen(self) }
    }

    /// Acts on time passed.
    func sweep() {
        guard let context else { return }
        let now = worker.context.now
        if let handshakeSince, now - handshakeSince >= worker.context.settings.handshakeMilliseconds
        {
            return cut(context)
        }
        if let lingersSince, now - lingersSince >= HTTPLimits.lingerMilliseconds {
            return cut(context)
        }
        if let blockedSince {
            let grace = HTTPLimits.bodyGraceMilliseconds
            let due = UInt64(blockedBytes) * 1000 / HTTPLimits.bytesPerSecondMin
            if now - blockedSince > grace + due { return cut(context) }
        }
        if let waitDeadline, now >= waitDeadline { return resume(.expired) }
        connection.pointee.sweep()
        settle(context)
    }

    /// Ends the connection as soon as what it has begun is answered.
    func drain() {
        endEvents(.draining)
        guard let context, connection.pointee.isIdle else { return }
        // A client that has been silent for a while has taken its last answer.
        if connection.pointee.hasRested { return cut(context) }
        connection.pointee.close()
        settle(context)
    }

    func abort() {
        if let context { cut(context) }
    }

    /// Sends what is ready, serves a new wait, and asks for more input where it is wanted.
    private func settle(_ context: ChannelHandlerContext) {
        guard !isSettling else { return }
        // Whatever is to be said is said once it can be encrypted.
        guard handshakeSince == nil else { return context.read() }
        isSettling = true
        flush(context)
        while connection.pointee.hasWork {
            connection.pointee.carryOutInput()
            flush(context)
        }
        isSettling = false
        connection.pointee.recordTimes()
        guard self.context != nil else { return }
        serveWait()
        if connection.pointee.isFinished {
            end(context)
        } else if connection.pointee.wantsInput {
            context.read()
        }
    }

    @inline(__always)
    private func flush(_ context: ChannelHandlerContext) {
        let count = connection.pointee.answers.ready.readableBytes
        guard count > 0 else { return }
        worker.context.counters.sent(bytes: count)
        if channelWrites == 0, let socket {
            switch socket.send(connection.pointee.answers.ready) {
            case .sent:
                connection.pointee.answers.clearReady()
                connection.pointee.answers.discharge()
                return
            case .partial(let taken):
                connection.pointee.answers.ready.moveReaderIndex(forwardBy: taken)
            case .failed: return cut(context)
            }
        }
        writeToChannel(context)
    }

    /// Sends through the channel, which keeps what the socket does not take.
    private func writeToChannel(_ context: ChannelHandlerContext) {
        let count = connection.pointee.answers.ready.readableBytes
        let promise = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        channelWrites += 1
        promise.futureResult.whenComplete { _ in bound.value.channelWrites -= 1 }
        context.writeAndFlush(
            wrapOutboundOut(connection.pointee.answers.ready), promise: promise)
        connection.pointee.answers.clearReady()
        guard self.context != nil else { return }
        if context.channel.isWritable {
            connection.pointee.answers.discharge()
        } else {
            connection.pointee.isBlocked = true
            blockedSince = worker.context.now
            blockedBytes = count
        }
    }

    func unblock() {
        connection.pointee.isBlocked = false
        blockedSince = nil
        connection.pointee.answers.discharge()
    }

    /// Closes the channel at once. The socket is let go first: its number is not ours from then
    /// on. An encrypted one is closed below its encryption, which would wait for the peer.
    private func cut(_ context: ChannelHandlerContext) {
        socket = nil
        noteHandshakeFailure()
        let operations = context.pipeline.syncOperations
        let encryption = try? operations.context(handlerType: NIOSSLServerHandler.self)
        (encryption ?? context).close(promise: nil)
    }

    private func noteHandshakeFailure() {
        guard handshakeSince != nil else { return }
        handshakeSince = nil
        worker.encryption?.noteHandshakeFailure()
    }

    /// The channel is gone, or as good as.
    private func end() {
        socket = nil
        context = nil
        keptBuffer = nil
        eventStream = nil
        connection.pointee.tearDown()
    }

    private func serveWait() {
        if let (lsn, assurance) = connection.pointee.awaited, !awaitsAdvance {
            awaitsAdvance = true
            worker.awaitAdvance(self, lsn, assurance)
        }
        guard connection.pointee.isWaiting, waitDeadline == nil else { return }
        waitDeadline = worker.context.now + worker.context.settings.waitMilliseconds
        switch connection.pointee.waiting {
        case .nothing, .assured: break
        case .seen: worker.awaitSeen(self)
        case .keys:
            // Too many wait: the next sweep ends this wait too.
            if !worker.awaitKeys(self) { waitDeadline = worker.context.now }
        case .disk(let job):
            waitDeadline = .max
            worker.read(job, for: self)
        case .write(let job):
            waitDeadline = .max
            worker.write(job, for: self)
        case .events(let subscription):
            waitDeadline = .max
            serveEvents(subscription)
        case .control(let endpoint):
            waitDeadline = .max
            worker.describe(endpoint, for: self)
        case .search(let request):
            waitDeadline = .max
            worker.search(request, for: self)
        case .transaction(let job):
            waitDeadline = .max
            worker.carryOut(job, for: self)
        case .forward(let job):
            waitDeadline = .max
            worker.forward(job, for: self)
        case .forwardAll(let jobs):
            waitDeadline = .max
            worker.forward(jobs, for: self)
        case .part(let job):
            waitDeadline = .max
            worker.perform(job, for: self)
        case .commit(let id):
            waitDeadline = .max
            worker.commit(id, for: self)
        case .outcome(let id):
            waitDeadline = .max
            worker.tellOutcome(of: id, to: self)
        }
    }

    /// Ends the sending side; then reads on for a while, so that the last answer is not lost to
    /// a reset by bytes that nobody read.
    private func end(_ context: ChannelHandlerContext) {
        guard !isEnding else { return context.read() }
        isEnding = true
        eventStream = nil
        socket = nil
        let promise = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        promise.futureResult.whenComplete { _ in
            bound.value.lingersSince = bound.value.worker.context.now
        }
        context.close(mode: .output, promise: promise)
        context.read()
    }
}
