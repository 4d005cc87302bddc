import NIOCore
import Synchronization

@testable import CachePeer

/// Keeps what a link brings.
final class Recorder: PeerLinkHandler, Sendable {
    struct State: Sendable {
        var frames: [FrameReader.Frame] = []
        var bodyBytes = 0
        var writableCount = 0
        var end: PeerLinkEnd?
        var onFrame: (@Sendable (FrameReader.Frame) -> Void)?
        var onWritable: (@Sendable () -> Void)?
    }

    let state = Mutex(State())
    /// Bodies are kept too, and not only counted.
    private let keepsBodies: Bool

    init(keepsBodies: Bool = true) { self.keepsBodies = keepsBodies }

    var frames: [FrameReader.Frame] { state.withLock { $0.frames } }
    var end: PeerLinkEnd? { state.withLock { $0.end } }
    var writableCount: Int { state.withLock { $0.writableCount } }
    var bodyBytes: Int { state.withLock { $0.bodyBytes } }

    func received(_ type: UInt8, _ body: ByteBuffer) {
        let frame = FrameReader.Frame(type: type, body: body)
        let onFrame = state.withLock { state in
            if keepsBodies { state.frames.append(frame) }
            state.bodyBytes += body.readableBytes
            return state.onFrame
        }
        onFrame?(frame)
    }

    func writable() {
        let onWritable = state.withLock { state in
            state.writableCount += 1
            return state.onWritable
        }
        onWritable?()
    }

    func closed(_ end: PeerLinkEnd) {
        state.withLock { state in
            precondition(state.end == nil, "the end was told twice")
            state.end = end
        }
    }
}

extension FrameReader.Frame {
    init(_ type: UInt8, _ text: String) { self.init(type: type, body: ByteBuffer(string: text)) }

    /// As it is sent.
    var bytes: [UInt8] {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt32(body.readableBytes + 1), endianness: .little)
        buffer.writeInteger(type)
        buffer.writeImmutableBuffer(body)
        return Array(buffer.readableBytesView)
    }
}
