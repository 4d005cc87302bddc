package import CacheBase
package import CacheCluster
internal import CachePeer
package import CacheReplication
internal import NIOCore

/// Keeps a link to one node that this one follows, as long as it does. On one event loop.
final class Following {
    private let target: PeerTarget
    private let dialer: PeerDialer
    private let replication: Replication
    private let eventLoop: any EventLoop
    private let report: @Sendable (ClusterNodeEvent) -> Void
    private var reconnector = PeerReconnector()
    private var randomness = SystemRandomNumberGenerator()
    private var link: PeerLink?
    private var linkedAt = NIODeadline.now()

    init(
        _ target: PeerTarget, _ dialer: PeerDialer, _ replication: Replication,
        _ eventLoop: any EventLoop, _ report: @escaping @Sendable (ClusterNodeEvent) -> Void
    ) {
        self.target = target
        self.dialer = dialer
        self.replication = replication
        self.eventLoop = eventLoop
        self.report = report
    }

    func start() { act(reconnector.start()) }

    func stop() { act(reconnector.stop()) }

    private func act(_ action: PeerReconnector.Action) {
        switch action {
        case .nothing: break
        case .dial: dial()
        case .close: link?.close("it is not followed any more")
        case .wait(let milliseconds):
            let bound = NIOLoopBound(self, eventLoop: eventLoop)
            eventLoop.scheduleTask(in: .milliseconds(milliseconds)) {
                bound.value.act(bound.value.reconnector.waited())
            }
        }
    }

    private func dial() {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let replication = replication
        dialer.dial(target, on: eventLoop) { link in
            ReplicaEnd(link, replication) { end in bound.value.ended(end) }
        }.whenComplete { result in
            switch result {
            case .success(let link): bound.value.linked(link)
            case .failure(let error): bound.value.failed(error)
            }
        }
    }

    private func linked(_ link: PeerLink) {
        self.link = link
        linkedAt = .now()
        report(.following(target.node))
        act(reconnector.linked())
    }

    private func failed(_ error: any Error) {
        report(.unreachable(target.node, "\(error)"))
        act(reconnector.failed(&randomness))
    }

    private func ended(_ end: PeerLinkEnd) {
        link = nil
        report(.lost(target.node, end.description))
        let life = (NIODeadline.now() - linkedAt).nanoseconds / 1_000_000
        act(reconnector.ended(afterMilliseconds: life, &randomness))
    }
}

/// A `Following`, to be held anywhere.
struct FollowingHandle: Sendable {
    let target: PeerTarget
    private let eventLoop: any EventLoop
    private let box: NIOLoopBoundBox<Following?>

    init(_ target: PeerTarget, on eventLoop: any EventLoop) {
        self.target = target
        self.eventLoop = eventLoop
        box = NIOLoopBoundBox.makeEmptyBox(valueType: Following.self, eventLoop: eventLoop)
    }

    func start(
        _ dialer: PeerDialer, _ replication: Replication,
        _ report: @escaping @Sendable (ClusterNodeEvent) -> Void
    ) {
        eventLoop.execute { [target, eventLoop, box] in
            let following = Following(target, dialer, replication, eventLoop, report)
            box.value = following
            following.start()
        }
    }

    func stop() {
        eventLoop.execute { [box] in box.value?.stop() }
    }
}

/// What a node of a cluster tells its operator.
package enum ClusterNodeEvent: Sendable {
    case following(NodeID)
    case unreachable(NodeID, String)
    case lost(NodeID, String)
    /// The lease lets this node take writes from now on; or has ended, or is about to.
    case writable(Bool)
    /// A map came into force.
    case map(epoch: UInt64, leading: Int, copies: Int)
    case replication(ReplicationEvent)
    /// A map could not be acted on: the disk refuses.
    case failed(StorageError)
}
