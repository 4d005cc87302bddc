package import CacheCluster
package import NIOCore

/// Takes what a link brings; all of it on the link's event loop, and never from within a call of
/// `PeerLink.send` or `close`.
package protocol PeerLinkHandler: AnyObject {
    /// A frame has come. The body is a part of what was read at once: whoever keeps a little of it
    /// for long copies it.
    func received(_ type: UInt8, _ body: ByteBuffer)
    /// What was sent has mostly gone out: a sender that was told to pause may go on.
    func writable()
    /// The link is gone; nothing else comes after it. Called once.
    func closed(_ end: PeerLinkEnd)
}

/// A connection to another node that carries frames, whichever of the two has dialed it.
///
/// The other side is who `node` says: its certificate was checked. All of it is used on `eventLoop`
/// alone, but for `execute`.
package final class PeerLink: Sendable {
    /// Who is on the other side.
    package let node: NodeID
    package let eventLoop: any EventLoop
    private let core: NIOLoopBound<LinkCore>

    /// Types below belong to the link itself.
    package static let firstType: UInt8 = 2

    init(node: NodeID, eventLoop: any EventLoop, core: LinkCore) {
        self.node = node
        self.eventLoop = eventLoop
        self.core = NIOLoopBound(core, eventLoop: eventLoop)
    }

    /// Sends a frame: soon, together with what else is sent meanwhile.
    /// - Parameters:
    ///   - type: from `firstType` on.
    ///   - body: shorter than `PeerLimits.frameBytesMax`.
    /// - Returns: false where the sender should pause until `writable` is called. The frame is
    ///   taken all the same; unless the link has ended, and then `closed` says so.
    @discardableResult
    package func send(_ type: UInt8, _ body: ByteBuffer = ByteBuffer()) -> Bool {
        precondition(type >= Self.firstType, "a type of the link itself")
        return core.value.send(type, body)
    }

    /// Bytes of frames that the socket has not taken yet.
    package var pendingBytes: Int { core.value.pendingBytes }

    /// Stops frames from coming, until `resumeReading`. A frame being handled is the last one.
    ///
    /// The other side is then held back by its socket. It loses the link where that takes longer
    /// than `PeerLimits.userTimeoutMilliseconds` while it has something to send.
    package func pauseReading() { core.value.pauseReading() }

    /// Lets frames come again: those that were read already at once, before it returns.
    package func resumeReading() { core.value.resumeReading() }

    /// Ends the link. What the socket does not take at once of what was sent is lost.
    package func close(_ reason: String) { core.value.finish(.closed(reason)) }

    /// Runs `body` on the link's event loop, soon. From any thread.
    package func execute(_ body: @escaping @Sendable (PeerLink) -> Void) {
        eventLoop.execute { body(self) }
    }
}
