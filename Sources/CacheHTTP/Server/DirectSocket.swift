internal import Glibc
internal import NIOCore

/// A channel's socket, to send on without the way through the channel's own write queue.
///
/// Only for a plain connection, only while the channel has no write of its own pending, only on
/// its event loop, and never after the channel closed: its number may be another connection's then.
/// What the socket does not take goes through the channel, which waits for it to become writable.
struct DirectSocket {
    enum Outcome: Equatable {
        case sent
        /// So many bytes were taken; the rest has to wait.
        case partial(Int)
        /// The peer is gone.
        case failed
    }

    private let handle: NIOBSDSocket.Handle

    /// Nil where the channel is no socket of the system.
    init?(_ context: ChannelHandlerContext) {
        let operations = context.pipeline.syncOperations
        let found = try? operations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { $0 }
        guard let handle = found else { return nil }
        self.handle = handle
    }

    @inline(__always)
    func send(_ buffer: borrowing ByteBuffer) -> Outcome {
        let flags = Int32(truncatingIfNeeded: MSG_NOSIGNAL | MSG_DONTWAIT)
        return buffer.withUnsafeReadableBytes { bytes in
            while true {
                let count = Glibc.send(handle, bytes.baseAddress, bytes.count, flags)
                if count == bytes.count { return .sent }
                if count >= 0 { return .partial(count) }
                if errno == EAGAIN { return .partial(0) }
                if errno != EINTR { return .failed }
            }
        }
    }
}
