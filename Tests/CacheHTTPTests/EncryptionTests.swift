import CacheBase
import CacheEngine
import CacheSecurity
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import TestSupport
import Testing

@testable import CacheHTTP

/// The data port behind TLS: the same answers, limits and ends as without.
@Suite(.timeLimit(.minutes(2)))
struct EncryptionTests {
    private let certificates: Certificates

    init() throws {
        certificates = try Certificates()
        try certificates.make("server")
    }

    private struct Running {
        let server: DataServer
        let encryption: ServerTLS
        let port: Int
        let engine: TestEngine
        let roots: [UInt8]

        func client(
            _ change: (inout TLSConfiguration) -> Void = { _ in }
        ) async throws -> TLSClient {
            try await TLSClient(port: port, trusting: roots, change)
        }
    }

    /// Runs `body` against a server of its own.
    private func serve(
        _ settings: DataPlaneSettings = DataPlaneSettings(),
        _ body: (Running) async throws -> Void
    ) async throws {
        let engine = try TestEngine()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let encryption = try ServerTLS(
            certificatePath: certificates.file("server.pem"),
            keyPath: certificates.file("server.key"), clock: .system()
        ) { path, _ throws(CertificateFileError) in
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
                throw CertificateFileError("does not exist")
            }
            return Array(data)
        }
        let server = DataServer(
            engine: engine.engine, settings: settings, group: group, encryption: encryption,
            control: describeNode)
        let port = try await server.start(address: "127.0.0.1", port: 0)
        let roots = try certificates.bytes("server.pem")
        try await body(
            Running(
                server: server, encryption: encryption, port: port, engine: engine, roots: roots))
        await server.drain(within: .seconds(5))
        try await group.shutdownGracefully()
        engine.end()
    }

    @Test func entriesAreWrittenAndReadAsWithoutEncryption() async throws {
        try await serve { running in
            let client = try await running.client()
            #expect(client.agreedProtocol == "http/1.1")
            let large = String(repeating: "0123456789abcdef", count: 1 << 16)
            #expect(try await client.request("PUT", "/cache/k", body: large).status == 201)
            #expect(try await client.request("GET", "/cache/k").body == large)
            #expect(try await client.request("GET", "/cache?key=x").status == 200)
            try await client.send(
                String(repeating: "GET /cache/none HTTP/1.1\r\nHost: h\r\n\r\n", count: 500))
            for _ in 0..<500 { #expect(try await client.answer().status == 404) }
            try await client.send("GET /\n\n")
            #expect(try await client.answer().status == 400)
            #expect(await client.isEnded())
        }
    }

    @Test(arguments: [TLSVersion.tlsv1, .tlsv11])
    func versionsBefore12AreRefusedAndCounted(version: TLSVersion) async throws {
        try await serve { running in
            await #expect(throws: (any Error).self) {
                _ = try await running.client {
                    $0.minimumTLSVersion = .tlsv1
                    $0.maximumTLSVersion = version
                }
            }
            try await settled { running.encryption.handshakeFailureCount == 1 }
        }
    }

    @Test(arguments: [TLSVersion.tlsv12, .tlsv13])
    func versionsFrom12OnAreServed(version: TLSVersion) async throws {
        try await serve { running in
            let client = try await running.client {
                $0.minimumTLSVersion = version
                $0.maximumTLSVersion = version
            }
            #expect(try await client.request("GET", "/livez").status == 200)
        }
    }

    @Test func aSuiteWithoutForwardSecrecyIsRefused() async throws {
        try await serve { running in
            await #expect(throws: (any Error).self) {
                _ = try await running.client {
                    $0.maximumTLSVersion = .tlsv12
                    $0.cipherSuites = "RSA+AES:ECDHE+AES128:!AESGCM"
                }
            }
        }
    }

    @Test func aPlainRequestIsNotAnswered() async throws {
        try await serve { running in
            let client = try #require(Client(port: running.port))
            client.send("GET /livez HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(client.answer() == nil)
            try await settled { running.encryption.handshakeFailureCount == 1 }
        }
    }

    @Test func aHandshakeThatDoesNotEndIsCutOff() async throws {
        var settings = DataPlaneSettings()
        settings.handshakeMilliseconds = 300
        try await serve(settings) { running in
            let silent = try #require(Client(port: running.port))
            let slow = try #require(Client(port: running.port))
            slow.send([0x16, 0x03, 0x01, 0x02])
            #expect(silent.isEnded())
            #expect(slow.isEnded())
            try await settled { running.server.connectionCount == 0 }
            #expect(running.encryption.handshakeFailureCount == 2)
        }
    }

    @Test func newConnectionsGetANewCertificateAndOldOnesGoOn() async throws {
        try await serve { running in
            let old = try await running.client()
            try certificates.make("server")
            guard case .replaced = running.encryption.reload() else {
                Issue.record("the new certificate was not taken")
                return
            }
            await #expect(throws: (any Error).self) { _ = try await running.client() }
            let new = try await TLSClient(
                port: running.port, trusting: try certificates.bytes("server.pem"))
            #expect(try await new.request("GET", "/livez").status == 200)
            #expect(try await old.request("GET", "/livez").status == 200)
        }
    }

    @Test func connectionsOverTheLimitAreToldSo() async throws {
        var settings = DataPlaneSettings()
        settings.connectionsMax = 1
        try await serve(settings) { running in
            let first = try await running.client()
            #expect(try await first.request("GET", "/livez").status == 200)
            let second = try await running.client()
            #expect(try await second.answer().status == 503)
            #expect(await second.isEnded())
        }
    }

    @Test func aClientThatEndsItsSideGetsItsAnswers() async throws {
        try await serve { running in
            let client = try await running.client()
            try await client.send("GET /livez HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try await client.answer().status == 200)
            try await client.endSending()
            #expect(await client.isEnded())
            try await settled { running.server.connectionCount == 0 }
        }
    }

    @Test func drainEndsIdleConnections() async throws {
        try await serve { running in
            let client = try await running.client()
            #expect(try await client.request("GET", "/livez").status == 200)
            await running.server.drain(within: .seconds(5))
            #expect(await client.isEnded())
            #expect(running.server.connectionCount == 0)
        }
    }

    /// Returns when `condition` holds; the suite's time limit ends what never does.
    private func settled(_ condition: () -> Bool) async throws {
        while !condition() { try await Task.sleep(for: .milliseconds(5)) }
    }
}
