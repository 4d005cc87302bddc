internal import NIOCore
internal import NIOSSL

/// A link as the last handler of its channel: frames in, frames out, heartbeats.
///
/// The side that was dialed begins with a pong. So the side that has dialed knows that it was taken:
/// in TLS 1.3 its handshake ends before its certificate is looked at.
///
/// Invariants: no frame is given on while reading is paused, nor once the link has an `end`;
/// `pendingBytes` is what was sent and not taken by the socket; the handler is told the end once,
/// and is never called from within a call of its own to `send` or `finish`.
final class LinkCore: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Who takes what comes.
    enum Recipient {
        /// This side has dialed and waits for the first word.
        case awaited(welcomed: () -> any PeerLinkHandler, failed: (PeerLinkEnd) -> Void)
        case there(any PeerLinkHandler)
        case gone
    }

    private enum Own {
        static let ping: UInt8 = 0
        static let pong: UInt8 = 1
    }

    private let settings: PeerSettings
    private var recipient = Recipient.gone
    private var reader: FrameReader
    private var heartbeat: Heartbeat
    private var account: OutboundAccount
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var end: PeerLinkEnd?

    /// Frames that wait for the next flush.
    private var batch = ByteBuffer()
    private var isFlushDue = false
    /// Between a read and its end, where a flush follows anyhow.
    private var isReading = false

    private var isPaused = false
    private var isReadHeld = false
    private var isDelivering = false

    init(settings: PeerSettings) {
        self.settings = settings
        reader = FrameReader(frameBytesMax: settings.frameBytesMax)
        heartbeat = settings.heartbeat
        account = OutboundAccount(settings)
    }

    var pendingBytes: Int { account.pendingBytes }

    /// Begins, once, with the handler in its pipeline.
    func begin(_ recipient: Recipient) {
        self.recipient = recipient
        if case .there = recipient { _ = append(Own.pong, ByteBuffer()) }
    }

    func send(_ type: UInt8, _ body: ByteBuffer) -> Bool {
        precondition(body.readableBytes < settings.frameBytesMax, "a frame above the limit")
        return append(type, body)
    }

    func pauseReading() { isPaused = true }

    func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        deliver()
        guard !isPaused, isReadHeld else { return }
        isReadHeld = false
        context?.read()
    }

    /// Ends the link for a reason, soon; the first one stays.
    func finish(_ reason: PeerLinkEnd) {
        guard end == nil, let context else { return }
        end = reason
        // Closing tells the handler at once: whoever ends the link may be in the middle of something.
        context.eventLoop.assumeIsolated().execute {
            guard self.context != nil else { return }
            self.flush()
            PeerGate.cut(context)
        }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        awaitTick(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { ended() }

    func channelInactive(context: ChannelHandlerContext) { ended() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        heartbeat.heard()
        reader.receive(unwrapInboundIn(data))
        deliver()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        flush()
    }

    func read(context: ChannelHandlerContext) {
        if isPaused { isReadHeld = true } else { context.read() }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if end == nil { end = .closed("this side ends") }
        flush()
        context.close(mode: mode, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .uncleanShutdown? = error as? NIOSSLError { return finish(.lost("cut off")) }
        finish(.lost("\(error)"))
    }

    private func awaitTick(_ context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: settings.tick) {
            self.tick()
            if self.end == nil { self.awaitTick(context) }
        }
    }

    private func tick() {
        switch heartbeat.tick(isListening: !isPaused) {
        case .nothing: break
        case .speak:
            // What is still to go out speaks for this side.
            if pendingBytes == 0 { _ = append(Own.pong, ByteBuffer()) }
        case .ask: _ = append(Own.ping, ByteBuffer())
        case .silent: finish(.silent)
        }
    }

    /// Gives on what is whole, as long as it is wanted.
    private func deliver() {
        guard !isDelivering else { return }
        isDelivering = true
        defer { isDelivering = false }
        do throws(PeerFrameError) {
            while !isPaused, end == nil, let frame = try reader.next() { try take(frame) }
        } catch {
            finish(.malformed(error))
        }
    }

    private func take(_ frame: FrameReader.Frame) throws(PeerFrameError) {
        let isOwn = frame.type < PeerLink.firstType
        if isOwn, frame.body.readableBytes > 0 {
            throw .heartbeat(bytes: frame.body.readableBytes)
        }
        if case .awaited(let welcomed, _) = recipient { recipient = .there(welcomed()) }
        if isOwn {
            // One that leaves its socket full is not waiting for a pong.
            if frame.type == Own.ping, !account.isBlocked { _ = append(Own.pong, ByteBuffer()) }
        } else if case .there(let handler) = recipient {
            handler.received(frame.type, frame.body)
        }
    }

    private func append(_ type: UInt8, _ body: ByteBuffer) -> Bool {
        guard end == nil, context != nil else { return false }
        heartbeat.spoke()
        let length = body.readableBytes + 1
        batch.writeInteger(UInt32(length), endianness: .little)
        batch.writeInteger(type)
        let mayGoOn = account.add(FrameReader.lengthBytes + length)
        if body.readableBytes <= PeerLimits.copiedBodyBytesMax {
            batch.writeImmutableBuffer(body)
            if batch.readableBytes >= PeerLimits.batchBytes { writeBatch() }
        } else {
            writeBatch()
            write(body)
        }
        flushSoon()
        if account.isOverrun { finish(.overrun) }
        return mayGoOn
    }

    private func flushSoon() {
        guard !isReading, !isFlushDue, let context else { return }
        isFlushDue = true
        context.eventLoop.assumeIsolated().execute {
            self.isFlushDue = false
            self.flush()
        }
    }

    private func flush() {
        writeBatch()
        context?.flush()
    }

    private func writeBatch() {
        guard batch.readableBytes > 0 else { return }
        write(batch)
        batch.clear()
    }

    private func write(_ bytes: ByteBuffer) {
        guard let context else { return }
        let count = bytes.readableBytes
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { outcome in
            switch outcome {
            case .success: self.taken(count)
            case .failure(let error): self.lost(count, error)
            }
        }
        context.write(wrapOutboundOut(bytes), promise: promise)
    }

    /// The socket has taken so much.
    private func taken(_ count: Int) {
        guard account.remove(count), end == nil, case .there(let handler) = recipient else {
            return
        }
        handler.writable()
    }

    /// So much will never go out. A sender is not told to go on: it would send all that it has into
    /// nothing.
    private func lost(_ count: Int, _ error: any Error) {
        _ = account.remove(count)
        finish(.lost("\(error)"))
    }

    private func ended() {
        timer?.cancel()
        timer = nil
        context = nil
        let last = recipient
        recipient = .gone
        let end = end ?? .lost("the other side has ended it")
        self.end = end
        switch last {
        case .awaited(_, let failed): failed(end)
        case .there(let handler): handler.closed(end)
        case .gone: break
        }
    }
}
