internal import CacheBase

/// When the log is made durable (`wal_sync`).
package enum WALSync: String, Sendable, CaseIterable {
    case always, interval, never
}

/// Which entry makes room for others (`eviction`).
package enum Eviction: String, Sendable, CaseIterable {
    case lru
    case s3FIFO = "s3-fifo"
}

/// What a write waits for on a cluster (`replication_ack`).
package enum ReplicationAck: String, Sendable, CaseIterable {
    case async, one, quorum, all
}

/// The least important message that is logged (`log_level`).
package enum LogLevel: String, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
}

/// Every setting of a node with its value; a new one holds the defaults.
///
/// One stored property for each row of `Setting.all`, which names, checks and documents it.
/// Sizes are bytes, times milliseconds, unless the name says otherwise.
package struct Configuration: Sendable {
    package var memoryBytesMax: UInt64 = 1 << 30
    /// Nil: ten times `memoryBytesMax`.
    package var diskBytesMaxGiven: UInt64?
    package var eviction = Eviction.lru
    package var dataDirectory = "data"
    /// 0: an entry that names no time to live never expires.
    package var defaultTTLMilliseconds: UInt64 = 300_000
    package var valueBytesMax = Limits.valueBytesDefault
    package var keyBytesMax = Limits.keyBytesDefault
    package var walSync = WALSync.interval
    package var walSyncIntervalMilliseconds = 100
    package var searchEnabled = true
    package var searchLanguage = "english"

    package var transactionsEnabled = true
    package var transactionTimeoutMilliseconds: UInt64 = 30_000

    package var listenAddress = "127.0.0.1"
    package var dataPort = 50051
    package var managementPort = 9898
    package var peerPort = 50052
    package var advertisedAddress: String?
    package var insecure = false
    package var connectionsMax = 10_000
    /// Nil: one for each core.
    package var threadsGiven: Int?

    /// `static`, or `etcd://` with the addresses of an etcd cluster; nil: a node by itself.
    package var cluster: String?
    package var clusterName = "dcs"
    package var nodeID: String?
    /// Of a static cluster: `id=host:port/peerport`, separated by commas.
    package var peers: String?
    package var leaseMilliseconds: UInt64 = 3_000
    package var replicationFactor = 2
    package var replicationAck = ReplicationAck.quorum

    package var jwtSecret: Secret?
    package var jwksURL: String?
    package var jwtIssuer: String?
    package var jwtAudience: String?
    package var jwtRolesClaim = "roles"
    package var jwtDefaultRole = "writer"
    /// Roles of `[roles.NAME]`, beside the built-in ones; sorted by name.
    package var roles: [RoleDefinition] = []

    package var tlsCertificatePath: String?
    package var tlsKeyPath: String?
    package var peerAuthorityPath: String?
    package var peerCertificatePath: String?
    package var peerKeyPath: String?

    package var logLevel = LogLevel.info
    package var shutdownGraceMilliseconds: UInt64 = 10_000

    package init() {}

    /// Bytes of segment files: as given, else ten times the memory.
    package var diskBytesMax: UInt64 {
        if let diskBytesMaxGiven { return diskBytesMaxGiven }
        let (product, overflow) = memoryBytesMax.multipliedReportingOverflow(by: 10)
        return overflow ? .max : product
    }

    /// True as soon as a secret or a key set to check tokens with is configured.
    package var authenticates: Bool { jwtSecret != nil || jwksURL != nil }
}
