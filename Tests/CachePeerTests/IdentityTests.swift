import CacheBase
import CacheCluster
import CacheSecurity
import Foundation
import Synchronization
import Testing

@testable import CachePeer

/// Which files make an identity.
struct IdentityTests {
    private let cluster: Cluster

    init() throws { cluster = try Cluster() }

    private func refusal(
        _ node: String = "a", certificate: String? = nil, key: String? = nil,
        authority: String = "ca", clock: Clock = .system()
    ) throws -> String? {
        do {
            _ = try cluster.identity(
                node, certificate: certificate, key: key, authority: authority, clock: clock)
            return nil
        } catch let error as CertificateError {
            return error.description
        }
    }

    @Test func aFittingSetIsTaken() throws {
        let identity = try cluster.identity("a")
        let days = (identity.expirySeconds - Int(Date().timeIntervalSince1970)) / 86_400
        #expect((28...30).contains(days))
        #expect(identity.reload() == .unchanged)
    }

    @Test func eachWrongSetIsRefusedByItsSetting() throws {
        #expect(try refusal(authority: "none") == "peer_ca_path: none.pem does not exist")
        #expect(try refusal(certificate: "none") == "peer_cert_path: none.pem does not exist")
        #expect(
            try refusal(key: "b")
                == "peer_key_path: b.key is not the key of the certificate in a.pem")
        #expect(
            try refusal(certificate: "expired")?
                .hasPrefix("peer_cert_path: expired.pem a certificate expired on 20") == true)
        #expect(
            try refusal(certificate: "early")?
                .hasPrefix("peer_cert_path: early.pem a certificate is not valid before 20") == true
        )
        cluster.files.state.withLock { $0["ca.pem"] = Array("hello".utf8) }
        #expect(try refusal() == "peer_ca_path: ca.pem holds no certificate in PEM form")
    }

    @Test func aSetThatOtherNodesWouldRefuseIsRefused() throws {
        for (certificate, authority) in [("a", "next-ca"), ("server-only", "ca")] {
            let refusal = try refusal(certificate: certificate, authority: authority)
            #expect(
                refusal?.hasPrefix(
                    "peer_cert_path: \(certificate).pem would be refused by other nodes") == true)
        }
    }

    @Test(arguments: ["b", "two-names", "no-name", "wildcard", "address"])
    func aCertificateThatDoesNotNameThisNodeIsRefused(certificate: String) throws {
        #expect(
            try refusal(certificate: certificate)
                == "peer_cert_path: \(certificate).pem does not name this node: its one DNS name "
                + "must be a")
    }
}
