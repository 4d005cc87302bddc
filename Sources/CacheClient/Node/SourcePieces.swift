internal import CacheConsole
internal import NIOCore
internal import NIOPosix

/// What a source has, piece by piece, read on a thread that may wait.
struct SourcePieces: AsyncSequence, Sendable {
    let source: ByteSource

    struct AsyncIterator: AsyncIteratorProtocol {
        let source: ByteSource

        mutating func next() async throws -> ByteBuffer? {
            let source = source
            let bytes = try await NIOThreadPool.singleton.runIfActive {
                try source.read(atMost: ClientLimits.pieceBytes)
            }
            return bytes.map { ByteBuffer(bytes: $0) }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source) }
}
