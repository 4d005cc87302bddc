import CacheBase
import CacheCluster
import CacheSecurity
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TestSupport
import Testing

@testable import CachePeer

/// Nodes `a`, `b`, `c` of one cluster, and others that are not of it.
struct Cluster: Sendable {
    /// Made once for all tests.
    private static let certificates = Result {
        var kinds: [String: ClusterCertificates.Kind] = [:]
        for name in ["a", "b", "c"] { kinds[name] = .init("DNS:\(name)") }
        for name in ["a", "b"] {
            kinds["next-\(name)"] = .init("DNS:\(name)")
            kinds["next-\(name)"]?.authority = "next-ca"
        }
        kinds["foreign"] = .init("DNS:a")
        kinds["foreign"]?.authority = "foreign-ca"
        kinds["expired"] = .init("DNS:a")
        kinds["expired"]?.begins = -10
        kinds["expired"]?.ends = -1
        kinds["early"] = .init("DNS:a")
        kinds["early"]?.begins = 10
        kinds["server-only"] = .init("DNS:a")
        kinds["server-only"]?.usage = "serverAuth"
        kinds["two-names"] = .init("DNS:a,DNS:b")
        kinds["no-name"] = .init()
        kinds["wildcard"] = .init("DNS:*")
        kinds["address"] = .init("IP:127.0.0.1")
        return try ClusterCertificates(kinds)
    }

    /// Files in memory, which a test may exchange.
    let files: Files

    final class Files: Sendable {
        let state: Mutex<[String: [UInt8]]>

        init(_ files: [String: [UInt8]]) { state = Mutex(files) }

        func read(_ path: String) throws(CertificateFileError) -> [UInt8] {
            guard let bytes = state.withLock({ $0[path] }) else {
                throw CertificateFileError("does not exist")
            }
            return bytes
        }

        func replace(_ path: String, with other: String) {
            state.withLock { $0[path] = $0[other] }
        }
    }

    init() throws { files = Files(try Self.certificates.get().files) }

    func identity(
        _ node: String, certificate: String? = nil, key: String? = nil, authority: String = "ca",
        clock: Clock = .system()
    ) throws -> PeerIdentity {
        let certificate = certificate ?? node
        let paths = PeerIdentity.Paths(
            authority: authority + ".pem", certificate: certificate + ".pem",
            key: (key ?? certificate) + ".key")
        return try PeerIdentity(node: try id(node), paths: paths, clock: clock) {
            [files] path, _ throws(CertificateFileError) in try files.read(path)
        }
    }

    func id(_ name: String) throws -> NodeID { try #require(NodeID(name)) }

    /// The TLS of a client with one of the certificates, as a stranger would set it up.
    func client(
        _ certificate: String?, speaking spoken: [String] = ["dcs-peer/1"]
    ) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(
            try NIOSSLCertificate.fromPEMBytes(try files.read("ca.pem")))
        configuration.certificateVerification = .noHostnameVerification
        configuration.applicationProtocols = spoken
        if let certificate {
            let chain = try NIOSSLCertificate.fromPEMBytes(try files.read(certificate + ".pem"))
            let key = try NIOSSLPrivateKey(
                bytes: try files.read(certificate + ".key"), format: .pem)
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(key)
        }
        return configuration
    }
}

extension PeerSettings {
    /// For machines that are busy with other things: nothing is given up for taking long.
    static var patient: PeerSettings {
        var settings = PeerSettings()
        settings.connectMilliseconds = 60_000
        settings.handshakeMilliseconds = 60_000
        settings.silenceMilliseconds = 60_000
        return settings
    }
}

/// Returns when `condition` holds; the suite's time limit ends what never does.
func settled(_ condition: () throws -> Bool) async throws {
    while try !condition() { try await Task.sleep(for: .milliseconds(2)) }
}
