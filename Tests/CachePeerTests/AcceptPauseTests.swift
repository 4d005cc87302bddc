import CacheListening
import NIOCore
import NIOPosix
import Testing

/// A listener that cannot take a connection.
@Suite(.timeLimit(.minutes(1)))
struct AcceptPauseTests {
    @Test func aListenerRestsWhereThereAreNoDescriptorsAndGoesOn() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let listener = try await ServerBootstrap(group: loop)
            .serverChannelInitializer { listener in
                listener.eventLoop.makeCompletedFuture {
                    try listener.pipeline.syncOperations.addHandler(AcceptPause())
                }
            }.bind(host: "127.0.0.1", port: 0).get()
        /// Whether it still accepts, right after `error`.
        func accepts(after error: any Error) async throws -> Bool? {
            try await loop.submit {
                listener.pipeline.fireErrorCaught(error)
                return try listener.syncOptions?.getOption(.autoRead)
            }.get()
        }
        #expect(try await accepts(after: ChannelError.inputClosed) == true)
        #expect(try await accepts(after: IOError(errnoCode: 24, reason: "accept")) == false)
        while try await !listener.getOption(.autoRead).get() {
            try await Task.sleep(for: .milliseconds(5))
        }
        try await listener.close()
    }
}
