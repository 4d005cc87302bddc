internal import CacheCluster
internal import CachePeer
internal import CacheReplication
internal import Dispatch
internal import NIOCore

/// A link that another node has made, to follow this one. On the link's event loop.
final class PrimaryEnd: PeerLinkHandler {
    private let link: PeerLink
    private let replication: Replication
    private let source: ReplicaSource

    init(_ link: PeerLink, _ replication: Replication) {
        self.link = link
        self.replication = replication
        source = replication.accepted(
            link.node, send: { link.post($0) }, fail: { link.fail($0) })
    }

    func received(_ type: UInt8, _ body: ByteBuffer) {
        guard let message = ReplicationMessage(type: type, body: Array(body.readableBytesView))
        else { return link.close("a frame that is no message") }
        source.receive(message)
    }

    func writable() {}

    func closed(_ end: PeerLinkEnd) {
        DispatchQueue.global().async { [replication, link, source] in
            replication.ended(link.node, source)
        }
    }
}

/// A link that this node has made to one that it follows. On the link's event loop.
final class ReplicaEnd: PeerLinkHandler {
    private let link: PeerLink
    private let replication: Replication
    private let sink: ReplicaSink
    private let ended: @Sendable (PeerLinkEnd) -> Void

    init(
        _ link: PeerLink, _ replication: Replication,
        ended: @escaping @Sendable (PeerLinkEnd) -> Void
    ) {
        self.link = link
        self.replication = replication
        self.ended = ended
        sink = replication.connected(
            link.node, send: { link.post($0) }, fail: { link.fail($0) })
    }

    func received(_ type: UInt8, _ body: ByteBuffer) {
        guard let message = ReplicationMessage(type: type, body: Array(body.readableBytesView))
        else { return link.close("a frame that is no message") }
        sink.receive(message)
    }

    func writable() {}

    func closed(_ end: PeerLinkEnd) {
        DispatchQueue.global().async { [replication, link, sink] in
            replication.ended(link.node, sink)
        }
        ended(end)
    }
}

extension PeerLink {
    /// Sends a message, from any thread.
    fileprivate func post(_ message: ReplicationMessage) {
        let (type, body) = message.encoded()
        execute { $0.send(type, ByteBuffer(bytes: body)) }
    }

    fileprivate func fail(_ reason: String) { execute { $0.close(reason) } }
}
