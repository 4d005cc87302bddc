import CacheCluster
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import CachePeer

/// A link without a network, on a loop whose time the test moves.
struct LinkTests {
    private let channel = EmbeddedChannel()
    private let recorder = Recorder()
    private let core: LinkCore
    private let link: PeerLink

    private let ping: [UInt8] = [1, 0, 0, 0, 0]
    private let pong: [UInt8] = [1, 0, 0, 0, 1]

    init() throws {
        var settings = PeerSettings()
        settings.frameBytesMax = 1 << 20
        settings.outboundBytesHigh = 1000
        settings.outboundBytesLow = 100
        settings.outboundBytesMax = 200_000
        core = LinkCore(settings: settings)
        try channel.pipeline.syncOperations.addHandler(core)
        let other = try #require(NodeID("b"))
        link = PeerLink(node: other, eventLoop: channel.eventLoop, core: core)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/none")).wait()
    }

    /// As on the side that was dialed; its first word is taken away.
    private func accept() throws {
        core.begin(.there(recorder))
        #expect(try sent() == pong)
    }

    private func receive(_ bytes: [UInt8]) throws {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    /// What has been sent since it was asked last.
    private func sent() throws -> [UInt8] {
        channel.embeddedEventLoop.run()
        var bytes: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
            bytes += Array(buffer.readableBytesView)
        }
        return bytes
    }

    private func advance(milliseconds: Int64) {
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(milliseconds))
    }

    @Test func framesGoOutTogetherAndInOrder() throws {
        try accept()
        let large = String(repeating: "y", count: 100_000)
        let frames = [
            FrameReader.Frame(2, ""), FrameReader.Frame(3, "abc"), FrameReader.Frame(4, large),
            FrameReader.Frame(5, "end"),
        ]
        core.pauseReading()
        for frame in frames { link.send(frame.type, frame.body) }
        #expect(try sent() == frames.flatMap(\.bytes))
        #expect(link.pendingBytes == 0)
    }

    @Test func framesComeIn() throws {
        try accept()
        let frames = [FrameReader.Frame(2, "one"), FrameReader.Frame(200, "two")]
        try receive(frames.flatMap(\.bytes))
        #expect(recorder.frames == frames)
    }

    @Test func aPingIsAnswered() throws {
        try accept()
        try receive(ping)
        #expect(try sent() == pong)
        try receive(pong)
        #expect(try sent().isEmpty)
        #expect(recorder.frames.isEmpty)
    }

    @Test func aQuietSideIsAskedEachSecondAndGivenUpAfterThree() throws {
        try accept()
        advance(milliseconds: 999)
        #expect(try sent().isEmpty)
        advance(milliseconds: 1)
        #expect(try sent() == ping)
        advance(milliseconds: 1000)
        #expect(try sent() == ping)
        #expect(recorder.end == nil)
        advance(milliseconds: 1000)
        #expect(recorder.end == .silent)
        #expect(!channel.isActive)
    }

    @Test func aSideThatSpeaksIsKept() throws {
        try accept()
        for _ in 0..<20 {
            advance(milliseconds: 700)
            try receive(pong)
        }
        #expect(recorder.end == nil)
    }

    @Test func whoOnlyListensStillSpeaks() throws {
        try accept()
        for _ in 0..<100 {
            try receive(FrameReader.Frame(2, "bulk").bytes)
            advance(milliseconds: 100)
        }
        #expect(try sent() == Array(repeating: pong, count: 10).flatMap { $0 })
    }

    @Test func whoSendsMuchNeedNotSpeak() throws {
        try accept()
        for _ in 0..<100 {
            link.send(2, ByteBuffer())
            try receive(pong)
            advance(milliseconds: 100)
        }
        #expect(try sent() == Array(repeating: [1, 0, 0, 0, 2], count: 100).flatMap { $0 })
    }

    @Test func whoDoesNotReadHearsNoSilenceAndStillSpeaks() throws {
        try accept()
        link.pauseReading()
        for _ in 0..<20 { advance(milliseconds: 1000) }
        #expect(recorder.end == nil)
        #expect(try sent() == Array(repeating: pong, count: 20).flatMap { $0 })
        link.resumeReading()
        advance(milliseconds: 3000)
        #expect(recorder.end == .silent)
    }

    @Test func framesWaitWhileReadingIsPaused() throws {
        try accept()
        let frames = (0..<6).map { FrameReader.Frame(2, "\($0)") }
        let link = link
        recorder.state.withLock { $0.onFrame = { _ in link.pauseReading() } }
        try receive(frames.flatMap(\.bytes))
        #expect(recorder.frames == Array(frames[..<1]))
        link.resumeReading()
        #expect(recorder.frames == Array(frames[..<2]))
        recorder.state.withLock { $0.onFrame = nil }
        link.resumeReading()
        #expect(recorder.frames == frames)
    }

    @Test func aSenderIsToldToPauseAndToGoOn() throws {
        try accept()
        let body = ByteBuffer(repeating: 0, count: 495)
        #expect(link.send(2, body))
        #expect(link.send(2, body))
        #expect(link.pendingBytes == 1000)
        #expect(!link.send(2, body))
        #expect(!link.send(2, ByteBuffer()))
        #expect(recorder.writableCount == 0)
        #expect(try sent().count == 1505)
        #expect(recorder.writableCount == 1)
        #expect(link.send(2, body))
    }

    @Test func aSenderThatDoesNotPauseLosesItsLink() throws {
        try accept()
        let body = ByteBuffer(repeating: 0, count: 995)
        for _ in 0..<200 { link.send(2, body) }
        #expect(link.pendingBytes == 200_000)
        #expect(channel.isActive)
        link.send(2, body)
        channel.embeddedEventLoop.run()
        #expect(recorder.end == .overrun)
    }

    @Test(arguments: [
        ([255, 255, 255, 255], PeerFrameError.tooLong(bytes: .max)),
        ([0, 0, 0, 0], .empty),
        ([2, 0, 0, 0, 0, 9], .heartbeat(bytes: 1)),
    ])
    func whatIsNoFrameEndsTheLink(bytes: [UInt8], error: PeerFrameError) throws {
        try accept()
        try receive(FrameReader.Frame(2, "good").bytes + bytes + FrameReader.Frame(2, "no").bytes)
        channel.embeddedEventLoop.run()
        #expect(recorder.frames == [FrameReader.Frame(2, "good")])
        #expect(recorder.end == .malformed(error))
    }

    @Test func closingTellsTheReasonAndSendsWhatWasSent() throws {
        try accept()
        link.send(2, ByteBuffer(string: "bye"))
        link.close("the test is over")
        link.close("again")
        #expect(!link.send(2, ByteBuffer()))
        #expect(try sent() == FrameReader.Frame(2, "bye").bytes)
        #expect(recorder.end == .closed("the test is over"))
    }

    @Test func aHandlerThatClosesIsToldAfterItHasReturned() throws {
        try accept()
        let (link, recorder) = (link, recorder)
        recorder.state.withLock {
            $0.onFrame = { _ in
                link.close("enough")
                #expect(recorder.end == nil)
            }
        }
        try receive(FrameReader.Frame(2, "one").bytes + FrameReader.Frame(2, "two").bytes)
        channel.embeddedEventLoop.run()
        #expect(recorder.frames == [FrameReader.Frame(2, "one")])
        #expect(recorder.end == .closed("enough"))
    }

    /// Fails what is written.
    private final class Broken: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        func write(
            context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
        ) {
            promise?.fail(ChannelError.eof)
        }
    }

    @Test func nothingIsSentIntoABrokenConnectionForLong() throws {
        try accept()
        try channel.pipeline.syncOperations.addHandler(Broken(), position: .first)
        recorder.state.withLock { $0.onWritable = { Issue.record("told to go on") } }
        var count = 0
        while count < 1000, link.send(2, ByteBuffer(repeating: 0, count: 400)) { count += 1 }
        channel.embeddedEventLoop.run()
        #expect(!link.send(2, ByteBuffer()))
        #expect(recorder.end == .lost("\(ChannelError.eof)"))
    }

    @Test func theSideThatDialedWaitsForTheFirstWord() throws {
        var outcome: [String] = []
        core.begin(
            .awaited(
                welcomed: { [recorder] in
                    outcome.append("welcome")
                    return recorder
                }, failed: { outcome.append("\($0)") }))
        #expect(try sent().isEmpty)
        #expect(outcome.isEmpty)
        try receive(pong + FrameReader.Frame(2, "first").bytes)
        #expect(outcome == ["welcome"])
        #expect(recorder.frames == [FrameReader.Frame(2, "first")])
        _ = try channel.finish()
        #expect(outcome == ["welcome"])
        #expect(recorder.end == .closed("this side ends"))
    }

    @Test func theSideThatDialedIsToldWhereNoWordComes() throws {
        var outcome: [String] = []
        core.begin(.awaited(welcomed: { recorder }, failed: { outcome.append("\($0)") }))
        advance(milliseconds: 3000)
        #expect(outcome == ["the other side is silent"])
    }
}
