package import CacheBase
package import CacheCluster
package import CacheEngine
package import CacheFiles
package import CacheNode
package import CachePeer
package import CacheReplication
internal import Dispatch
package import NIOCore
internal import Synchronization

/// One node's part in its cluster: the map, the links to others, the copies, and who serves a key.
///
/// Start it once, before the data plane takes requests; `stop` ends it. The event loops belong to
/// the caller and outlive it.
package final class ClusterNode: Sendable {
    /// What it is made of.
    package struct Parts: Sendable {
        package var engine: Engine
        package var files: any FileSystem
        package var identity: PeerIdentity
        package var group: any EventLoopGroup
        package var report: @Sendable (ClusterNodeEvent) -> Void

        package init(
            engine: Engine, files: any FileSystem, identity: PeerIdentity,
            group: any EventLoopGroup, report: @escaping @Sendable (ClusterNodeEvent) -> Void
        ) {
            self.engine = engine
            self.files = files
            self.identity = identity
            self.group = group
            self.report = report
        }
    }

    package let me: NodeID
    package let router: PartitionRouter
    package let dialer: PeerDialer
    package let replication: Replication
    private let parts: Parts
    private let settings: PeerSettings
    private let followings = Mutex<[NodeID: FollowingHandle]>([:])
    private let listener = Mutex<PeerListener?>(nil)
    private let maps: MapSlot
    private let leaseWatch = Mutex<RepeatedTask?>(nil)

    /// - Throws: what the lineage's file says.
    package init(_ parts: Parts) throws(StorageError) {
        self.parts = parts
        me = parts.identity.node
        var settings = PeerSettings()
        settings.frameBytesMax = ReplicationLimits.pageBytesMax + 1024
        settings.outboundBytesMax = 2 * settings.frameBytesMax
        self.settings = settings
        dialer = PeerDialer(identity: parts.identity, settings: settings)
        let book = try LineageBook(directory: parts.engine.options.directory, files: parts.files)
        let maps = MapSlot()
        self.maps = maps
        let router = PartitionRouter(.empty, clock: parts.engine.clock)
        self.router = router
        replication = Replication(
            engine: parts.engine, book: book, me: me, isLeased: { router.isWritable },
            propose: { maps.source?.propose($0) },
            report: { parts.report(.replication($0)) })
    }

    /// Listens for other nodes. Nothing is done for them before `join`.
    /// - Parameter serveRequests: sets up the handlers of a connection of forwarded requests.
    /// - Returns: the port bound.
    package func listen(
        host: String, port: Int,
        serveRequests: @escaping @Sendable (any Channel, NodeID) -> EventLoopFuture<Void>
    ) async throws -> Int {
        let replication = replication
        let listener = PeerListener(
            identity: parts.identity, settings: settings, group: parts.group,
            services: PeerListener.Services(
                isKnown: { [router] node in router.table.nodes.contains { $0.id == node } },
                serveFrames: { PrimaryEnd($0, replication) }, serveRequests: serveRequests))
        let bound = try await listener.start(host: host, port: port)
        self.listener.withLock { $0 = listener }
        return bound
    }

    /// Becomes a part of the cluster: acts on every map from now on.
    package func join(_ maps: any MapSource) {
        self.maps.source = maps
        replication.start()
        maps.start(
            { [weak self] in self?.take($0) }, lease: { [router] in router.setWritable(until: $0) })
    }

    /// Calls `lost`, soon, when this node may not write any more: what waits for copies waits in
    /// vain then.
    package func onLeaseLost(_ lost: @escaping @Sendable () -> Void) {
        let period = TimeAmount.milliseconds(Self.leaseLookMilliseconds)
        let wasWritable = Atomic(false)
        let task = parts.group.next().scheduleRepeatedTask(
            initialDelay: period, delay: period
        ) { [router, report = parts.report] _ in
            let isWritable = router.isWritable
            guard wasWritable.exchange(isWritable, ordering: .relaxed) != isWritable else { return }
            report(.writable(isWritable))
            if !isWritable { lost() }
        }
        leaseWatch.withLock { $0 = task }
    }

    private static let leaseLookMilliseconds: Int64 = 100

    /// Leaves the links and the map, and takes no more writes.
    package func stop() async {
        leaseWatch.withLock { $0.take() }?.cancel()
        router.setWritable(until: 0)
        if let maps = maps.source { await Self.offLoops { maps.stop() } }
        let all = followings.withLock { followings in
            defer { followings = [:] }
            return Array(followings.values)
        }
        for following in all { following.stop() }
        await listener.withLock { $0.take() }?.stop()
        let replication = replication
        await Self.offLoops { replication.stop() }
    }

    private static func offLoops(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                body()
                continuation.resume()
            }
        }
    }

    /// Acts on a map: first what this node leads no more, last where requests go.
    private func take(_ map: ClusterMap) {
        var unled: Set<Partition> = []
        do throws(StorageError) {
            unled = try replication.take(map)
        } catch {
            parts.report(.failed(error))
        }
        let table = RoutingTable(map, me, notLed: unled)
        router.take(table)
        listener.withLock { $0 }?.dismissStrangers()
        reconcile(map)
        parts.report(
            .map(
                epoch: map.epoch, leading: table.me.map { table.partitionsLed(by: $0) } ?? 0,
                copies: map.partitions.count { $0.inSync.contains(me) }))
    }

    /// Makes links to whom this node follows, and ends the others.
    private func reconcile(_ map: ClusterMap) {
        let primaries = replication.primaries
        var wanted: [NodeID: PeerTarget] = [:]
        for member in map.members where primaries.contains(member.id) {
            wanted[member.id] = PeerTarget(member)
        }
        let (ending, beginning) = followings.withLock { followings in
            let ending = followings.filter { wanted[$0.key] != $0.value.target }
            for node in ending.keys { followings[node] = nil }
            let beginning = wanted.values.filter { followings[$0.node] == nil }.map { target in
                let following = FollowingHandle(target, on: parts.group.next())
                followings[target.node] = following
                return following
            }
            return (Array(ending.values), beginning)
        }
        for following in ending { following.stop() }
        for following in beginning { following.start(dialer, replication, parts.report) }
    }
}

/// Where the maps come from, once that is known.
private final class MapSlot: Sendable {
    private let slot = Mutex<(any MapSource)?>(nil)

    var source: (any MapSource)? {
        get { slot.withLock { $0 } }
        set { slot.withLock { $0 = newValue } }
    }
}

extension PeerTarget {
    /// Where a member listens for others; nil where its address is none.
    package init?(_ member: Member) {
        guard let colon = member.peerAddress.lastIndex(of: ":"),
            let port = Int(member.peerAddress[member.peerAddress.index(after: colon)...])
        else { return nil }
        self.init(node: member.id, host: String(member.peerAddress[..<colon]), port: port)
    }
}
