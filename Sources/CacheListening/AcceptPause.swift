package import NIOCore

/// Stops accepting for a while where a connection cannot be taken, for want of descriptors or
/// memory, say. It stays in the backlog meanwhile.
///
/// NIO's own back-off leaves the listener registered for reading after a failed `accept`, so that
/// the event loop is woken for the same connection again at once, for as long as it cannot be
/// taken. Turning automatic reading off takes the registration back.
///
/// Add it first to the listener's pipeline. Used on the listener's event loop alone.
package final class AcceptPause: ChannelInboundHandler {
    package typealias InboundIn = Channel

    private static let pause: TimeAmount = .milliseconds(250)

    package init() {}

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is IOError { pause(context.channel) }
        context.fireErrorCaught(error)
    }

    private func pause(_ listener: any Channel) {
        // A listener that has ended meanwhile refuses both, and needs neither.
        listener.setOption(.autoRead, value: false).whenSuccess {
            listener.eventLoop.scheduleTask(in: Self.pause) {
                listener.setOption(.autoRead, value: true).whenFailure { _ in }
            }
        }
    }
}
