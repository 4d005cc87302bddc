package import CacheBase
package import NIOCore

/// Keeps one link to a node: dials it, and dials it again whenever the link ends.
///
/// It belongs to one event loop: it is made and used there, and calls its owner there.
///
/// Invariant: `link` is there exactly while the owner's handler of it has not been told its end.
package final class PeerConnector {
    /// What its owner does with links.
    package struct Owner: Sendable {
        package var serve: @Sendable (PeerLink) -> any PeerLinkHandler
        package var failed: @Sendable (PeerDialError) -> Void

        /// - Parameters:
        ///   - serve: takes a new link and says who handles it.
        ///   - failed: an attempt has come to nothing; another one follows.
        package init(
            serve: @escaping @Sendable (PeerLink) -> any PeerLinkHandler,
            failed: @escaping @Sendable (PeerDialError) -> Void = { _ in }
        ) {
            self.serve = serve
            self.failed = failed
        }
    }

    package let target: PeerTarget
    /// The link that is there.
    package private(set) var link: PeerLink?

    private let dialer: PeerDialer
    private let eventLoop: any EventLoop
    private let clock: Clock
    private let owner: Owner
    private var reconnector = PeerReconnector()
    private var randomness: Xoshiro256
    private var linkedAtNanoseconds: UInt64 = 0

    /// - Parameter seed: of the times between attempts; another one on each node.
    package init(
        _ target: PeerTarget, dialer: PeerDialer, eventLoop: any EventLoop, clock: Clock,
        seed: UInt64, owner: Owner
    ) {
        self.target = target
        self.dialer = dialer
        self.eventLoop = eventLoop
        self.clock = clock
        self.owner = owner
        randomness = Xoshiro256(seed: seed)
    }

    /// Links from now on.
    package func start() { carryOut(reconnector.start()) }

    /// Closes the link, and makes no other.
    package func stop() { carryOut(reconnector.stop()) }

    private func carryOut(_ action: PeerReconnector.Action) {
        switch action {
        case .nothing: break
        case .dial: dial()
        case .wait(let milliseconds):
            eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) {
                self.carryOut(self.reconnector.waited())
            }
        case .close: link?.close("the node is not wanted any more")
        }
    }

    private func dial() {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        dialer.dial(target, on: eventLoop) { bound.value.linked($0) }
            .assumeIsolated().whenFailure { self.failed($0) }
    }

    private func linked(_ link: PeerLink) -> any PeerLinkHandler {
        self.link = link
        linkedAtNanoseconds = clock.monotonicNanoseconds()
        let handler = Watched(owner.serve(link), self)
        carryOut(reconnector.linked())
        return handler
    }

    private func failed(_ error: any Error) {
        owner.failed(error as? PeerDialError ?? .unreachable("\(error)"))
        carryOut(reconnector.failed(&randomness))
    }

    private func ended() {
        link = nil
        let life = clock.monotonicNanoseconds() &- linkedAtNanoseconds
        carryOut(reconnector.ended(afterMilliseconds: Int64(life / 1_000_000), &randomness))
    }

    /// The owner's handler, and the end of its link.
    private final class Watched: PeerLinkHandler {
        private let handler: any PeerLinkHandler
        private let connector: PeerConnector

        init(_ handler: any PeerLinkHandler, _ connector: PeerConnector) {
            self.handler = handler
            self.connector = connector
        }

        func received(_ type: UInt8, _ body: ByteBuffer) { handler.received(type, body) }
        func writable() { handler.writable() }

        func closed(_ end: PeerLinkEnd) {
            handler.closed(end)
            connector.ended()
        }
    }
}
