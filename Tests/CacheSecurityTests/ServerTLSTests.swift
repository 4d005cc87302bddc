import CacheBase
import Foundation
import NIOSSL
import Synchronization
import TestSupport
import Testing

@testable import CacheSecurity

/// Which certificates a server starts with, and which it takes while it runs.
struct ServerTLSTests {
    private let certificates: Certificates
    private let files = Files()
    private let clock: Clock

    init() throws {
        certificates = try Certificates()
        try certificates.make("a")
        try certificates.make("b")
        let now = UInt64(Date().timeIntervalSince1970 * 1000) + 60_000
        clock = .manual(start: Timestamp(rawValue: now))
    }

    /// Files in memory.
    private final class Files: Sendable {
        let state = Mutex<[String: [UInt8]]>([:])

        func read(_ path: String) throws(CertificateFileError) -> [UInt8] {
            guard let text = state.withLock({ $0[path] }) else {
                throw CertificateFileError("does not exist")
            }
            return text
        }
    }

    private func put(_ certificate: [UInt8]?, _ key: [UInt8]?) {
        files.state.withLock {
            $0["cert"] = certificate
            $0["key"] = key
        }
    }

    private func put(_ certificate: String, _ key: String) throws {
        put(try certificates.bytes(certificate + ".pem"), try certificates.bytes(key + ".key"))
    }

    private func start() throws(CertificateError) -> ServerTLS {
        try ServerTLS(certificatePath: "cert", keyPath: "key", clock: clock) {
            [files] path, _ throws(CertificateFileError) in try files.read(path)
        }
    }

    private var refusal: String? {
        do {
            _ = try start()
            return nil
        } catch {
            return error.description
        }
    }

    @Test func aFittingPairIsTaken() throws {
        try put("a", "a")
        let encryption = try start()
        let days = (encryption.expirySeconds - Int(clock.now().rawValue / 1000)) / 86_400
        #expect((28...30).contains(days))
        let configuration = encryption.configuration
        #expect(configuration.minimumTLSVersion == .tlsv12)
        #expect(configuration.applicationProtocols == ["http/1.1"])
        // TLS 1.3's three; of TLS 1.2 ECDHE with AES-GCM or ChaCha20, for both types of keys.
        let strong: Set<UInt16> = [
            0x1301, 0x1302, 0x1303, 0xC02B, 0xC02C, 0xC02F, 0xC030, 0xCCA8, 0xCCA9,
        ]
        let suites = Set(configuration.cipherSuiteValues.map(\.rawValue))
        #expect(!suites.isEmpty)
        #expect(suites.isSubset(of: strong))
    }

    @Test func eachWrongPairIsRefusedByItsSetting() throws {
        #expect(refusal == "tls_cert_path: cert does not exist")
        put(try certificates.bytes("a.pem"), nil)
        #expect(refusal == "tls_key_path: key does not exist")
        try put("a", "b")
        #expect(refusal == "tls_key_path: key is not the key of the certificate in cert")
        put(Array("hello".utf8), try certificates.bytes("a.key"))
        #expect(refusal == "tls_cert_path: cert holds no certificate in PEM form")
        put([], try certificates.bytes("a.key"))
        #expect(refusal == "tls_cert_path: cert holds no certificate in PEM form")
        put(try certificates.bytes("a.pem"), try certificates.bytes("a.pem"))
        #expect(
            refusal == "tls_key_path: key holds no private key in PEM form without a passphrase")
    }

    @Test func aCertificateOutsideOfItsTimeIsRefused() throws {
        try put("a", "a")
        clock.advance(milliseconds: 31 * 86_400_000)
        #expect(refusal?.hasPrefix("tls_cert_path: cert: a certificate expired on ") != true)
        #expect(refusal?.contains("a certificate expired on 20") == true)
        let early = Clock.manual(start: Timestamp(rawValue: 1_000_000_000_000))
        #expect(throws: CertificateError.self) {
            try ServerTLS(certificatePath: "cert", keyPath: "key", clock: early) {
                [files] path, _ throws(CertificateFileError) in try files.read(path)
            }
        }
    }

    @Test func aNewPairIsTakenAndABadOneIsNot() throws {
        try put("a", "a")
        let encryption = try start()
        #expect(encryption.reload() == .unchanged)
        try put("b", "a")
        guard case .refused(let error) = encryption.reload() else {
            Issue.record("a pair that does not fit was taken")
            return
        }
        #expect(error.setting == "tls_key_path")
        #expect(encryption.reload() == .unchanged)
        try put("b", "b")
        guard case .replaced = encryption.reload() else {
            Issue.record("a good pair was not taken")
            return
        }
        put(nil, nil)
        #expect(
            encryption.reload()
                == .refused(
                    CertificateError(setting: "tls_cert_path", reason: "cert does not exist")))
        try put("b", "b")
        guard case .replaced = encryption.reload() else {
            Issue.record("a pair that came back was not taken")
            return
        }
        #expect(encryption.reloadCount == 2)
        #expect(encryption.refusedReloadCount == 2)
    }

    @Test func noErrorShowsWhatAKeyFileHolds() throws {
        let canary = Array("-----BEGIN PRIVATE KEY-----\nQ0FOQVJZ\n-----END PRIVATE KEY-----".utf8)
        put(try certificates.bytes("a.pem"), canary)
        #expect(refusal?.contains("Q0FOQVJZ") == false)
    }
}
