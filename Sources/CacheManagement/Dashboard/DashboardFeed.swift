internal import CacheNode
internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle
internal import Synchronization

/// Feeds dashboards with samples of the node's figures, as server-sent events.
///
/// One sampler for all of them, which runs also while nobody looks, so that who comes finds the
/// last minutes. Invariant: at most `ManagementLimits.feedsMax` feeds, none after the stop.
final class DashboardFeed: Service {
    private struct State {
        /// Samples as JSON, oldest first.
        var samples: [[UInt8]] = []
        var feeds: [Int: AsyncStream<ByteBuffer>.Continuation] = [:]
        var nextFeed = 0
        var isStopped = false
    }

    private let control: NodeControl
    private let hasSearch: Bool
    private let state = Mutex(State())

    init(_ control: NodeControl, hasSearch: Bool) {
        self.control = control
        self.hasSearch = hasSearch
    }

    /// Samples until the plane stops; then ends every feed.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                self.publish(DashboardSample(self.control).json)
                try? await Task.sleep(for: .milliseconds(ManagementLimits.sampleMilliseconds))
            }
        }
        let feeds = state.withLock { state in
            state.isStopped = true
            return state.feeds.values
        }
        for feed in feeds { feed.finish() }
    }

    private func publish(_ sample: [UInt8]) {
        let event = Self.event("sample", sample)
        let feeds = state.withLock { state in
            if state.samples.count >= ManagementLimits.samplesKept { state.samples.removeFirst() }
            state.samples.append(sample)
            return state.feeds.values
        }
        for feed in feeds { feed.yield(event) }
    }

    /// An answer without end: what was, then what comes.
    func response(_ context: ManagementContext) throws -> Response {
        let (id, events) = try subscribe()
        let body = ResponseBody { [self] writer in
            defer { unsubscribe(id) }
            var cut = context.cut(afterSeconds: ManagementLimits.feedWriteSeconds)
            for await event in events {
                try await writer.write(event)
                cut.cancel()
                cut = context.cut(afterSeconds: ManagementLimits.feedWriteSeconds)
            }
            cut.cancel()
            try await writer.finish(nil)
        }
        let headers = Response.headers([("Content-Type", "text/event-stream")])
        return Response(status: .ok, headers: headers, body: body)
    }

    private func subscribe() throws -> (Int, AsyncStream<ByteBuffer>) {
        let (events, feed) = AsyncStream.makeStream(
            of: ByteBuffer.self,
            bufferingPolicy: .bufferingNewest(ManagementLimits.feedBacklogMax))
        return try state.withLock { state in
            guard !state.isStopped, state.feeds.count < ManagementLimits.feedsMax else {
                throw ManagementProblem.overloaded("Too many dashboards are open.")
            }
            feed.yield(Self.event("history", history(state.samples)))
            state.nextFeed += 1
            state.feeds[state.nextFeed] = feed
            return (state.nextFeed, events)
        }
    }

    private func unsubscribe(_ id: Int) {
        state.withLock { _ = $0.feeds.removeValue(forKey: id) }
    }

    /// The first event of a feed: what the page may show, and the samples so far.
    private func history(_ samples: [[UInt8]]) -> [UInt8] {
        let start =
            "{\"search\":\(hasSearch),\"milliseconds\":\(ManagementLimits.sampleMilliseconds),"
        return Array((start + "\"samples\":[").utf8)
            + samples.joined(separator: [UInt8(ascii: ",")])
            + Array("]}".utf8)
    }

    /// JSON has no line ends outside of texts, and none inside: so it is one line of an event.
    private static func event(_ name: String, _ json: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer(string: "event: \(name)\ndata: ")
        buffer.writeBytes(json)
        buffer.writeString("\n\n")
        return buffer
    }
}
