internal import CacheBase
internal import CacheCluster
internal import CacheClusterNode
internal import CacheConfig
internal import CacheEngine
internal import CacheEtcd
internal import CacheFiles
internal import CacheHTTP
internal import CacheMembership
internal import CacheNode
internal import CachePeer
internal import CacheReplication
internal import CacheSecurity
internal import Logging
internal import NIOCore

/// A node's part in its cluster, as the settings want it.
struct ClusterParts: Sendable {
    let node: ClusterNode
    let identity: PeerIdentity
    private let configuration: Configuration
    private let cluster: String
    private let tagMark: String
    private let clock: Clock
    private let log: Logger

    /// Bytes of the log kept for nodes that are behind; and for those that are being brought up.
    private static let keptLogBytes: UInt64 = 256 << 20
    private static let keptLogBytesMax: UInt64 = 4 << 30

    /// From now on the store takes no writes but those of the cluster.
    /// - Returns: nil where the settings name no cluster.
    /// - Throws: `Failure`, where certificates or names are not as they must be.
    init?(
        _ configuration: Configuration, _ engine: Engine, files: any FileSystem, clock: Clock,
        group: any EventLoopGroup, log: Logger
    ) throws(Failure) {
        guard let cluster = configuration.cluster else { return nil }
        self.configuration = configuration
        self.cluster = cluster
        tagMark = "-" + engine.identifier.suffix(8)
        self.clock = clock
        self.log = log
        guard let id = configuration.nodeID.flatMap({ NodeID($0) }) else {
            throw .refused(
                "node_id \"\(configuration.nodeID ?? "")\" is no name of a node: 1 to 63 of a-z, "
                    + "0-9, - and dots, a letter or a digit first and last")
        }
        do throws(CertificateError) {
            identity = try PeerIdentity(
                node: id,
                paths: PeerIdentity.Paths(
                    authority: configuration.peerAuthorityPath ?? "",
                    certificate: configuration.peerCertificatePath ?? "",
                    key: configuration.peerKeyPath ?? ""),
                clock: clock, read: CertificateFile.read)
        } catch {
            throw .refused("\(error)")
        }
        do throws(StorageError) {
            node = try ClusterNode(
                ClusterNode.Parts(
                    engine: engine, files: files, identity: identity, group: group,
                    report: ClusterLog(log).write))
        } catch {
            throw .opening(configuration.dataDirectory, error)
        }
        engine.keepLog(bytes: Self.keptLogBytes, whileReadBytes: Self.keptLogBytesMax)
        engine.noteCopied(engine.lastLSN)
        engine.setWaitsForCopies(configuration.replicationAck != .async)
    }

    /// Listens for the other nodes, and joins them.
    /// - Parameter address: where clients reach this node.
    /// - Returns: the port bound for other nodes.
    func start(_ server: DataServer, address: String) async throws(Failure) -> Int {
        let port: Int
        do {
            port = try await node.listen(
                host: configuration.listenAddress, port: configuration.peerPort
            ) { channel, _ in server.serveForwarded(channel) }
        } catch {
            throw .listening(
                configuration.listenAddress, configuration.peerPort,
                settings: "listen, peer_port", error)
        }
        let host = address.lastIndex(of: ":").map { String(address[..<$0]) } ?? address
        let member = Member(
            id: node.me, dataAddress: address, peerAddress: "\(host):\(port)")
        node.onLeaseLost { server.abandonWaiting() }
        node.join(try maps(member))
        return port
    }

    private func maps(_ me: Member) throws(Failure) -> any MapSource {
        if let addresses = EtcdAddresses(cluster) { return try agreed(me, addresses) }
        let members = try StaticPeers.parse(configuration.peers ?? "")
        guard members.contains(where: { $0.id == me.id }) else {
            throw .refused("peers does not list this node, \(me.id)")
        }
        return FixedMapSource(members, copies: configuration.replicationFactor)
    }

    /// The map that the cluster agrees on through etcd.
    private func agreed(
        _ me: Member, _ addresses: EtcdAddresses
    ) throws(Failure) -> any MapSource {
        let lease = Int(configuration.leaseMilliseconds / 1000)
        let endpoints = try addresses.endpoints()
        let store: EtcdClient
        do throws(EtcdError) {
            store = try EtcdClient(
                EtcdSettings(
                    endpoints: endpoints,
                    timeout: .milliseconds(Int64(lease) * 250)))
        } catch {
            throw .refused("cluster \"\(cluster)\": \(error)")
        }
        let log = ClusterLog(log)
        return MembershipMapSource(
            MembershipSettings(
                member: me, keys: StoreKeys(cluster: configuration.clusterName),
                copies: configuration.replicationFactor, leaseSeconds: lease),
            store: store, clock: clock, report: log.write)
    }

    /// What the data plane needs to know.
    var seam: ClusterSeam {
        let node = node
        return ClusterSeam(
            name: node.me.name, tagMark: tagMark, router: node.router,
            open: { table, place, eventLoop, setUp in
                guard let target = PeerTarget(table.nodes[Int(place)]) else {
                    return eventLoop.makeFailedFuture(
                        PeerDialError.unreachable("its address is none"))
                }
                return node.dialer.open(target, on: eventLoop, setUp)
            },
            copyAge: { [clock] in
                node.replication.ages.milliseconds($0, now: clock.monotonicNanoseconds())
            },
            copiesWanted: { node.replication.wake() })
    }
}

extension NodeList {
    /// The cluster as a node knows it.
    init(_ cluster: ClusterNode) {
        let table = cluster.router.table
        let followers = cluster.replication.followers
        self.init(
            epoch: table.epoch,
            members: table.nodes.enumerated().map { place, member in
                let lag = followers.first { $0.node == member.id }?.streams.map(\.lagBytes).max()
                let leads = table.partitionsLed(by: UInt16(place)) > 0
                let word: String
                switch member.state {
                case .up: word = "ready"
                case .leaving: word = "draining"
                case .lost: word = "lost"
                }
                return Member(
                    id: member.id.name, address: member.dataAddress, state: word,
                    role: leads ? "primary" : "replica", lagBytes: lag ?? 0)
            })
    }
}
