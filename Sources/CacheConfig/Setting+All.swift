internal import CacheBase

extension Setting {
    /// Every setting, in the order of the manual.
    package static let all: [Setting] =
        storage + transactions + network + replication + security + process

    private static let storage: [Setting] = [
        Setting(
            "max_memory", .bytes(Limits.memoryBytesMin...sizeCeiling), \.memoryBytesMax,
            change: .live,
            "Memory of the whole process: index, recent values and search. "
                + "More keeps more values out of reach of the disk; less evicts earlier."),
        Setting(
            "max_disk", .bytes(Limits.diskBytesMin...sizeCeiling), \.diskBytesMaxGiven,
            change: .live, defaultNote: "10 × `max_memory`",
            "Bytes of segment files. Beyond it entries are evicted, in the order of `eviction`. "
                + "More keeps more and lets compaction do less; less evicts at once."),
        Setting(
            "eviction", .choice(names(Eviction.self)), \.eviction,
            "Which entries go when there is no room: with `lru` those that were used longest ago, with "
                + "`s3-fifo` those that were not used again soon after they came. That keeps more hits "
                + "where many keys are asked for once, for 2 bytes of memory more a key."),
        Setting(
            "data_dir", .path, \.dataDirectory,
            "Folder of the store; made where there is none. One process per folder. Another "
                + "folder is another store: nothing moves."),
        Setting(
            "default_ttl", .seconds(0...(10 * 365 * 86_400_000)), \.defaultTTLMilliseconds,
            change: .live,
            "Seconds that an entry lives where its write names no time; 0 is for ever. "
                + "Holds for writes from then on. Longer fills the disk and leaves the end to "
                + "eviction."),
        Setting(
            "max_value_size", .bytes(1...UInt64(Limits.valueBytesCeiling)), \.valueBytesMax,
            "Bytes of the largest value; a larger one is answered 413. "
                + "Each request in flight may hold this much memory."),
        Setting(
            "max_key_size", .bytes(1...UInt64(Limits.keyBytesCeiling)), \.keyBytesMax,
            "Bytes of the longest key; a longer one is answered 400. Less makes longer keys "
                + "that are stored unreachable until it is raised again."),
        Setting(
            "wal_sync", .choice(names(WALSync.self)), \.walSync, change: .live,
            "When a write reaches the disk: `always` before its answer (a power loss costs "
                + "nothing, a write waits for the disk), `interval` in the background, `never` when "
                + "the kernel likes. A kill of the process loses nothing in any of them."),
        Setting(
            "wal_sync_interval_ms", .count(1...60_000), \.walSyncIntervalMilliseconds,
            "Milliseconds between background syncs: the most that a power loss costs with "
                + "`wal_sync = \"interval\"`. Fewer syncs the disk more often."),
        Setting(
            "search_enabled", .boolean, \.searchEnabled,
            "Full-text index of text and JSON values. Costs memory, disk and a background thread."),
        Setting(
            "search_language", .choice(SearchLanguage.names), \.searchLanguage,
            "Language by whose rules words are brought to their stem, so that `runs` finds `running`; "
                + "`none` compares words as they are. `porter` is an older English. With another "
                + "language the index is built anew in the background."),
    ]

    private static let transactions: [Setting] = [
        Setting(
            "enable_transactions", .boolean, \.transactionsEnabled,
            "Whether `/transaction/start` and the rest are served. Without an open one they "
                + "cost nothing."),
        Setting(
            "transaction_timeout", .seconds(100...3_600_000), \.transactionTimeoutMilliseconds,
            change: .live,
            "Seconds after which an open transaction is rolled back. "
                + "Longer lets abandoned ones hold memory for longer."),
    ]

    private static let network: [Setting] = [
        Setting(
            "listen", .address, \.listenAddress,
            "Address of every listener. One that other machines reach needs authentication, "
                + "or `insecure = true`."),
        Setting(
            "port", .count(ports), \.dataPort,
            "Port of the data plane; 0 takes a free one. Clients must learn of another."),
        Setting(
            "metrics_port", .count(ports), \.managementPort,
            "Port of the management plane; 0 takes a free one. Probes and Prometheus must "
                + "learn of another."),
        Setting(
            "peer_port", .count(ports), \.peerPort, "Port of the peer plane; 0 takes a free one."),
        Setting(
            "advertise", .text, \.advertisedAddress,
            "Address under which other nodes and clients reach this one, where it differs from "
                + "`listen`."),
        Setting(
            "insecure", .boolean, \.insecure,
            "Allows a `listen` address that other machines reach, with no authentication: whoever "
                + "reaches it reads and writes everything."),
        Setting(
            "max_connections", .count(1...1_000_000), \.connectionsMax,
            "Open connections of the data plane; a further one is answered 503 and closed. Each "
                + "needs a file descriptor and some kilobytes."),
        Setting(
            "threads", .count(1...1024), \.threadsGiven, defaultNote: "one for each core",
            "Event loops that serve requests. More than cores gains nothing; fewer leave "
                + "cores to others."),
    ]

    private static let replication: [Setting] = [
        Setting(
            "cluster", .text, \.cluster, feature: .peers,
            "Where the cluster's map is: `etcd://host:port,…`, or `static` for the fixed group of "
                + "`peers`, in which nobody is promoted. Without it the node is by itself."),
        Setting(
            "cluster_name", .text, \.clusterName,
            "Tells this cluster from others in the same etcd; the same on all of its nodes."),
        Setting(
            "node_id", .text, \.nodeID, feature: .peers,
            "This node's name in the cluster, as its certificate has it: up to 63 characters of a-z, "
                + "0-9, - and dots. It must not change as long as its data folder lives."),
        Setting(
            "peers", .text, \.peers, feature: .peers,
            "The nodes of a static cluster, this one included, as `id=host:port/peer_port`, separated "
                + "by commas; the same on all of them."),
        Setting(
            "lease", .seconds(1000...60_000), \.leaseMilliseconds, feature: .peers,
            "Seconds after which a node that is not heard of is replaced. Shorter finds failures "
                + "sooner, and takes pauses for failures sooner."),
        Setting(
            "replication_factor", .count(1...16), \.replicationFactor, change: .live,
            "Copies of each key on a cluster, this one included; a single node holds one. "
                + "Each copy costs its share of disk, memory and network."),
        Setting(
            "replication_ack", .choice(names(ReplicationAck.self)), \.replicationAck, change: .live,
            "Copies that a write waits for on a cluster: more of them survive more failures and "
                + "answer later."),
        Setting(
            "peer_ca_path", .path, \.peerAuthorityPath, feature: .peers,
            "PEM file of the authority that signs the nodes' certificates."),
        Setting(
            "peer_cert_path", .path, \.peerCertificatePath, feature: .peers,
            "PEM file of this node's certificate towards its peers."),
        Setting(
            "peer_key_path", .path, \.peerKeyPath, feature: .peers,
            "PEM file of the key of `peer_cert_path`."),
    ]

    private static let security: [Setting] = [
        Setting(
            "jwt_secret", .secret(bytesMin: 32), \.jwtSecret, feature: .authentication,
            "Key of HS256, HS384 and HS512 tokens, at least 32 bytes. Setting it turns "
                + "authentication on; another one ends every token of the one before."),
        Setting(
            "jwks_url", .url, \.jwksURL, feature: .authentication,
            "Where the issuer publishes the keys of RS256, RS384, RS512, ES256 and EdDSA tokens "
                + "(JWKS). Setting it turns authentication on."),
        Setting(
            "jwt_issuer", .text, \.jwtIssuer, feature: .authentication,
            "Required value of a token's `iss`; tokens with another are refused from then "
                + "on."),
        Setting(
            "jwt_audience", .text, \.jwtAudience, feature: .authentication,
            "Required value in a token's `aud`. Without it, a token that the issuer made for another "
                + "service is good here too."),
        Setting(
            "jwt_roles_claim", .text, \.jwtRolesClaim, feature: .authentication,
            "Claim that lists a token's roles: an array, or words of a text. Dots lead into "
                + "objects, as in `realm_access.roles`. Where a token lacks it, "
                + "`jwt_default_role` holds."),
        Setting(
            "jwt_default_role", .text, \.jwtDefaultRole, feature: .authentication,
            "Role of a valid token without that claim; `none` for nothing at all."),
        Setting(
            "tls_cert_path", .path, \.tlsCertificatePath, feature: .encryption,
            "PEM file of the certificate chain of the data and management planes, the leaf first. "
                + "Read again within seconds when it changes."),
        Setting(
            "tls_key_path", .path, \.tlsKeyPath, feature: .encryption,
            "PEM file of the key of `tls_cert_path`, without a passphrase. One that everybody on the "
                + "machine may read, or others may change, is refused."),
    ]

    private static let process: [Setting] = [
        Setting(
            "log_level", .choice(names(LogLevel.self)), \.logLevel, change: .live,
            "Least important message that is logged. `debug` and `trace` say more, and cost "
                + "more, the more happens."),
        Setting(
            "shutdown_grace", .seconds(100...3_600_000), \.shutdownGraceMilliseconds,
            "Seconds within which a stopping node finishes open requests and exits. Longer "
                + "lets slow ones finish; whoever stops the node must wait longer than this."),
    ]

    /// 1 PiB: beyond every machine, and far from overflow in sums of sizes.
    private static let sizeCeiling: UInt64 = 1 << 50
    private static let ports: ClosedRange<UInt64> = 0...65_535

    private static func names<Value: CaseIterable & RawRepresentable<String>>(
        _ type: Value.Type
    ) -> [String] {
        type.allCases.map(\.rawValue)
    }
}
