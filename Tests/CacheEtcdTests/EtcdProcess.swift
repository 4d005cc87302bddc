import CacheEtcd
import Foundation
import Glibc
import TestSupport

/// A real etcd of one member on free ports of the loopback, with a folder of its own; ended when the
/// test lets go of it.
final class EtcdProcess {
    let folder: String
    let clientPort: UInt16
    private let peerPort: UInt16
    private let security: Security?
    private var process = Process()

    /// Certificates by name, as PEM; etcd then talks to those alone whose authority is `ca`.
    struct Security {
        let certificates: ClusterCertificates
        let name: String
    }

    struct Failed: Error {}

    /// The program's path; nil where these tests are not to run.
    static var program: String? { ProcessInfo.processInfo.environment["DCS_TEST_ETCD"] }

    init(security: Security? = nil) throws {
        self.security = security
        folder = FileManager.default.temporaryDirectory.path + "/dcs-etcd-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        (clientPort, peerPort) = (try Self.freePort(), try Self.freePort())
        for (name, bytes) in security?.certificates.files ?? [:] {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
        try start()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Where clients reach it.
    var endpoint: EtcdEndpoint {
        get throws {
            let scheme = security == nil ? "http" : "https"
            guard let endpoint = EtcdEndpoint("\(scheme)://127.0.0.1:\(clientPort)") else {
                throw Failed()
            }
            return endpoint
        }
    }

    func start() throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program ?? "")
        let clients = try endpoint.description
        let peers = "http://127.0.0.1:\(peerPort)"
        process.arguments =
            [
                "--data-dir", "\(folder)/data", "--listen-client-urls", clients,
                "--advertise-client-urls", clients, "--listen-peer-urls", peers,
                "--initial-advertise-peer-urls", peers, "--initial-cluster", "default=\(peers)",
                "--logger", "zap", "--log-level", "error", "--log-outputs", "\(folder)/log",
            ] + certificateArguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.environment = [:]
        try process.run()
    }

    private var certificateArguments: [String] {
        guard let security else { return [] }
        return [
            "--cert-file", "\(folder)/\(security.name).pem", "--key-file",
            "\(folder)/\(security.name).key", "--client-cert-auth", "--trusted-ca-file",
            "\(folder)/ca.pem",
        ]
    }

    func send(_ signal: Int32) { _ = Glibc.kill(process.processIdentifier, signal) }

    /// `SIGSTOP` took effect.
    var isStopped: Bool {
        let path = "/proc/\(process.processIdentifier)/stat"
        let status = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return status.contains(") T ")
    }

    func kill() {
        guard process.isRunning else { return }
        send(SIGKILL)
        process.waitUntilExit()
    }

    /// A port that is free for now.
    static func freePort() throws -> UInt16 {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0 else { throw Failed() }
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
            return bind(listener, pointer ?? UnsafeMutablePointer.allocate(capacity: 1), length)
                == 0
                && getsockname(listener, pointer, &length) == 0
        }
        guard result else { throw Failed() }
        return UInt16(bigEndian: address.sin_port)
    }
}
