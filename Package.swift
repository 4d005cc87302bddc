// swift-tools-version: 6.1
import PackageDescription

/// Settings of every Swift target: language mode 6 and the upcoming features that keep imports
/// and existentials visible in the source.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "dcs",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        // Without traits: neither its configuration files nor the whole of Foundation are needed.
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C: shims for instructions and system calls that Swift cannot name, and system libraries.
        .target(name: "CShims", dependencies: ["CLZ4", "CZstd"]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CStemmer", providers: [.apt(["libstemmer-dev"])]),

        // The storage engine, bottom up.
        .target(name: "CacheBase", dependencies: ["CShims"], swiftSettings: strict),
        .target(
            name: "CacheFormat", dependencies: ["CacheBase", "CShims"],
            swiftSettings: strict),
        .target(
            name: "CacheFiles", dependencies: ["CacheBase", "CShims"], swiftSettings: strict),
        .target(
            name: "CacheEngine",
            dependencies: ["CacheBase", "CacheFormat", "CacheFiles", "CShims"],
            swiftSettings: strict),

        // Full-text search: an index of each segment, and of the log's tail.
        .target(
            name: "CacheSearch",
            dependencies: ["CacheBase", "CacheFormat", "CacheFiles", "CShims", "CStemmer"],
            swiftSettings: strict),

        // What programs show on a terminal, and the streams that a person names to them.
        .target(name: "CacheConsole", dependencies: ["CacheBase"], swiftSettings: strict),

        // Reading and salvaging a data folder without its server.
        .target(
            name: "CacheInspect",
            dependencies: ["CacheBase", "CacheFormat", "CacheFiles", "CacheEngine", "CacheSearch"],
            swiftSettings: strict),

        // Settings of a node: files, environment and flags to one checked value.
        .target(name: "CacheConfig", dependencies: ["CacheBase"], swiftSettings: strict),

        // Who holds what in a cluster: placement and state machines without I/O.
        .target(name: "CacheCluster", dependencies: ["CacheBase"], swiftSettings: strict),

        // Copies of partitions on several nodes: the log's records, shipped and applied.
        .target(
            name: "CacheReplication",
            dependencies: [
                "CacheBase", "CacheFormat", "CacheFiles", "CacheEngine", "CacheCluster",
            ],
            swiftSettings: strict),

        // A node's part in its cluster, agreed through a store with etcd's contract.
        .target(
            name: "CacheMembership", dependencies: ["CacheBase", "CacheCluster"],
            swiftSettings: strict),

        // The store that a cluster agrees through: a client of etcd's JSON gateway.
        .target(
            name: "CacheEtcd",
            dependencies: [
                "CacheMembership",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),

        // Checkers of histories and the simulation of the engine; for tests and tools alone.
        .target(
            name: "CacheProof",
            dependencies: [
                "CacheBase", "CacheFormat", "CacheFiles", "CacheEngine", "CacheInspect",
            ],
            swiftSettings: strict),

        // The simulation of whole clusters; for tests and tools alone.
        .target(
            name: "CacheClusterProof",
            dependencies: [
                "CacheBase", "CacheCluster", "CacheEngine", "CacheFiles", "CacheProof",
                "CacheReplication",
            ],
            swiftSettings: strict),

        // Policies of eviction over traces of requests; for tests and tools alone.
        .target(name: "CacheEviction", dependencies: ["CacheBase"], swiftSettings: strict),

        // Who may do what: tokens, keys, roles, certificates.
        .target(
            name: "CacheSecurity",
            dependencies: [
                "CacheBase", "CacheConfig",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ],
            swiftSettings: strict),

        // What every listening port of the node needs.
        .target(
            name: "CacheListening", dependencies: [.product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: strict),

        // The transport between nodes: frames and connections over mutual TLS.
        .target(
            name: "CachePeer",
            dependencies: [
                "CacheBase", "CacheCluster", "CacheListening", "CacheSecurity",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: strict),

        // Figures of the node and of its process, as text for Prometheus.
        .target(
            name: "CacheTelemetry", dependencies: ["CacheBase", "CShims"], swiftSettings: strict),

        // The node, and the two planes over it that clients and operators reach.
        .target(
            name: "CacheNode",
            dependencies: [
                "CacheBase", "CacheCluster", "CacheConfig", "CacheEngine", "CacheFiles",
                "CacheFormat", "CacheSearch", "CacheTelemetry",
            ],
            swiftSettings: strict),
        // A node of a cluster: map, links, copies, and who serves a key.
        .target(
            name: "CacheClusterNode",
            dependencies: [
                "CacheBase", "CacheCluster", "CacheEngine", "CacheFiles", "CacheMembership",
                "CacheNode", "CachePeer", "CacheReplication",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .target(
            name: "CacheHTTP",
            dependencies: [
                "CacheBase", "CacheEngine", "CacheListening", "CacheNode",
                "CacheSecurity",
                "CacheTelemetry",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: strict),

        .target(
            name: "CacheManagement",
            dependencies: [
                "CacheBase", "CacheConfig", "CacheEngine", "CacheListening", "CacheNode",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("Dashboard/Page")],
            swiftSettings: strict),

        // The client of both planes, for the program's commands.
        .target(
            name: "CacheClient",
            dependencies: [
                "CacheBase", "CacheConsole",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),

        // Programs.
        .executableTarget(
            name: "dcs",
            dependencies: [
                "CacheBase", "CacheClient", "CacheCluster", "CacheClusterNode", "CacheConfig",
                "CacheConsole", "CacheEngine", "CacheEtcd", "CacheFiles", "CacheHTTP",
                "CacheManagement", "CacheMembership", "CacheNode", "CachePeer",
                "CacheReplication", "CacheSecurity",
                "CacheTelemetry",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        .executableTarget(
            name: "dcs-inspect",
            dependencies: [
                "CacheBase", "CacheConsole", "CacheFiles", "CacheFormat", "CacheEngine",
                "CacheInspect", "CacheSearch",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        .executableTarget(
            name: "dcs-bench",
            dependencies: [
                "CacheBase", "CacheEngine", "CacheFiles", "CacheHTTP", "CacheNode",
                "CacheSearch", "CacheTelemetry",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: strict),

        .executableTarget(
            name: "dcs-simulate",
            dependencies: [
                "CacheClusterProof", "CacheConsole", "CacheEngine", "CacheEviction", "CacheProof",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // Tests, one target for each module, and what several of them need.
        .target(
            name: "TestSupport",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(
            name: "CacheBaseTests", dependencies: ["CacheBase", "CShims"], swiftSettings: strict),
        .testTarget(
            name: "CacheFormatTests", dependencies: ["CacheFormat", "CacheBase"],
            swiftSettings: strict),
        .testTarget(
            name: "CacheFilesTests", dependencies: ["CacheBase", "CacheFiles"],
            swiftSettings: strict),
        .testTarget(
            name: "CacheEngineTests",
            dependencies: [
                "CacheBase", "CacheEngine", "CacheEviction", "CacheFiles", "CacheFormat",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CacheEvictionTests", dependencies: ["CacheBase", "CacheEviction"],
            swiftSettings: strict),
        .testTarget(
            name: "CacheSearchTests",
            dependencies: [
                "CacheBase", "CacheFiles", "CacheFormat", "CacheSearch", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CacheProofTests",
            dependencies: [
                "CacheBase", "CacheEngine", "CacheFiles", "CacheFormat", "CacheProof",
                "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CacheClusterProofTests",
            dependencies: ["CacheClusterProof", "CacheEngine", "CacheProof"],
            swiftSettings: strict),
        .testTarget(
            name: "CacheConsoleTests", dependencies: ["CacheBase", "CacheConsole"],
            swiftSettings: strict),
        .testTarget(
            name: "CacheClientTests", dependencies: ["CacheBase", "CacheClient", "CacheConsole"],
            swiftSettings: strict),
        .testTarget(
            name: "CacheReplicationTests",
            dependencies: [
                "CacheBase", "CacheCluster", "CacheEngine", "CacheFiles", "CacheReplication",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CacheClusterTests", dependencies: ["CacheBase", "CacheCluster"],
            swiftSettings: strict),
        .testTarget(
            name: "CacheMembershipTests",
            dependencies: ["CacheBase", "CacheCluster", "CacheMembership"],
            swiftSettings: strict),
        .testTarget(
            name: "CacheEtcdTests",
            dependencies: [
                "CacheBase", "CacheCluster", "CacheEtcd", "CacheMembership", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CacheInspectTests",
            dependencies: [
                "CacheBase", "CacheEngine", "CacheFiles", "CacheFormat", "CacheInspect",
                "CacheSearch",
            ],
            exclude: ["Fixtures"], swiftSettings: strict),
        .testTarget(
            name: "CacheConfigTests", dependencies: ["CacheBase", "CacheConfig", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "CacheSecurityTests",
            dependencies: [
                "CacheBase", "CacheConfig", "CacheSecurity", "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CacheHTTPTests",
            dependencies: [
                "CacheBase", "CacheConfig", "CacheEngine", "CacheFiles", "CacheFormat", "CacheHTTP",
                "CacheNode", "CacheSecurity", "CacheTelemetry", "TestSupport",
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CachePeerTests",
            dependencies: [
                "CacheBase", "CacheCluster", "CacheListening", "CachePeer", "CacheSecurity",
                "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CacheTelemetryTests", dependencies: ["CacheBase", "CacheTelemetry"],
            swiftSettings: strict),
        .testTarget(
            name: "CacheNodeTests",
            dependencies: [
                "CacheBase", "CacheConfig", "CacheEngine", "CacheFiles", "CacheNode", "CacheSearch",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CacheManagementTests",
            dependencies: [
                "CacheBase", "CacheConfig", "CacheEngine", "CacheFiles", "CacheManagement",
                "CacheNode",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ProgramTests",
            dependencies: [
                "CacheBase", "CacheProof", "dcs", "dcs-inspect", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            exclude: ["Golden"], swiftSettings: strict),
        .testTarget(
            name: "BenchTests", dependencies: ["CacheEngine", "CacheFiles", "dcs-bench"],
            swiftSettings: strict),
    ]
)
