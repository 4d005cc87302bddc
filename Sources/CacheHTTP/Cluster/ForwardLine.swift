internal import CacheBase
internal import NIOCore

/// A connection to another node that carries forwarded requests, one behind the other: answers come
/// in the order of the requests.
///
/// Invariant: every request that was taken gets exactly one outcome.
final class ForwardLine: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private struct Pending {
        let isHead: Bool
        let since: UInt64
        let completion: (ForwardOutcome) -> Void
    }

    private var context: ChannelHandlerContext?
    private var pending = CircularBuffer<Pending>()
    private var reader = ResponseReader()
    private var isFlushPlanned = false
    /// Called once, when the connection is gone.
    private let closed: (ForwardLine) -> Void

    init(closed: @escaping (ForwardLine) -> Void) { self.closed = closed }

    var isOpen: Bool { context != nil }
    var load: Int { pending.count }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    /// Sends a request.
    /// - Parameter now: milliseconds of the loop.
    func send(
        _ job: ForwardJob, at now: UInt64, _ completion: @escaping (ForwardOutcome) -> Void
    ) {
        guard let context else { return completion(.notSent) }
        pending.append(Pending(isHead: job.isHead, since: now, completion: completion))
        context.write(wrapOutboundOut(job.bytes), promise: nil)
        guard !isFlushPlanned else { return }
        // One write for all requests of this turn of the loop.
        isFlushPlanned = true
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute {
            bound.value.isFlushPlanned = false
            bound.value.context?.flush()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        reader.receive(&bytes)
        do throws(ResponseReader.Malformed) {
            while let first = pending.first, let answer = try reader.next(isHead: first.isHead) {
                pending.removeFirst()
                first.completion(.answered(answer))
            }
        } catch {
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Ends the connection where its oldest request waits for too long.
    func sweep(at now: UInt64) {
        guard let first = pending.first, let context,
            now - min(now, first.since) > HTTPLimits.forwardMilliseconds
        else { return }
        context.close(promise: nil)
    }

    func close() { context?.close(promise: nil) }

    private func end() {
        guard context != nil else { return }
        context = nil
        let lost = pending
        pending.removeAll()
        for request in lost { request.completion(.unknown) }
        closed(self)
    }
}
