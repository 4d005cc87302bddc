internal import NIOCore

/// Chooses the size of a channel's next receive buffer: small, and large while more than a small
/// one comes at a time.
///
/// NIO keeps a channel's first buffer for its later reads, and lets it grow with what comes: so a
/// connection that once sent much would hold a large buffer for as long as it is open. Here the
/// kept buffer stays small. Its handler holds on to it while large ones are asked for, so that it
/// is not the one to grow, and with one message a read (`maxMessagesPerRead`) NIO keeps no second.
struct ReceiveAllocator: RecvByteBufferAllocator {
    private var isLarge = false

    /// True for a read after which more of the same is expected.
    static func isFull(_ bytes: Int) -> Bool { bytes >= HTTPLimits.receiveBytesSmall }

    mutating func record(actualReadBytes: Int) -> Bool {
        isLarge = Self.isFull(actualReadBytes)
        return isLarge
    }

    func nextBufferSize() -> Int? {
        isLarge ? HTTPLimits.receiveBytesLarge : HTTPLimits.receiveBytesSmall
    }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(
            capacity: isLarge ? HTTPLimits.receiveBytesLarge : HTTPLimits.receiveBytesSmall)
    }
}
