internal import NIOCore

/// Finds frames in what a link receives.
///
/// A frame is the length of what follows (u32, little-endian), a type (u8), and a body. Bodies are
/// parts of the buffer that came, and not copies. A length is judged before anything is allocated,
/// and no more is allocated than has come: doubled, at most.
struct FrameReader {
    struct Frame: Equatable {
        let type: UInt8
        let body: ByteBuffer
    }

    private let frameBytesMax: Int
    private var received = ByteBuffer()

    static let lengthBytes = 4

    init(frameBytesMax: Int) { self.frameBytesMax = frameBytesMax }

    /// Bytes that are there and were not read.
    var unreadBytes: Int { received.readableBytes }

    /// Bytes that are allocated for them.
    var capacityBytes: Int { received.capacity }

    mutating func receive(_ bytes: ByteBuffer) {
        guard received.readableBytes > 0 else { return received = bytes }
        var bytes = bytes
        received.discardReadBytes()
        received.writeBuffer(&bytes)
    }

    /// The next whole frame.
    /// - Throws: `PeerFrameError` for what no other node sends; nothing after it has a meaning.
    mutating func next() throws(PeerFrameError) -> Frame? {
        guard
            let length = received.getInteger(
                at: received.readerIndex, endianness: .little, as: UInt32.self)
        else { return nil }
        guard length > 0 else { throw .empty }
        guard length <= frameBytesMax else { throw .tooLong(bytes: length) }
        guard received.readableBytes >= Self.lengthBytes + Int(length) else { return nil }
        received.moveReaderIndex(forwardBy: Self.lengthBytes)
        guard let type = received.readInteger(as: UInt8.self),
            let body = received.readSlice(length: Int(length) - 1)
        else { preconditionFailure("the frame is there") }
        return Frame(type: type, body: body)
    }
}

/// What is wrong with a frame.
package enum PeerFrameError: Error, Sendable, Equatable {
    /// A frame without a type.
    case empty
    /// A length above the limit.
    case tooLong(bytes: UInt32)
    /// A heartbeat that is more than one.
    case heartbeat(bytes: Int)
}
