import Foundation
import Testing

/// A static cluster of programs on loopback, with certificates of their own.
final class ClusterRig {
    let folder: TemporaryFolder
    let names: [String]
    private let ports: [(data: Int, peer: Int)]
    private var programs: [String: Program] = [:]
    private let ack: String

    init(_ names: [String], ack: String = "quorum") throws {
        self.names = names
        self.ack = ack
        folder = try TemporaryFolder()
        let free = try FreePorts(2 * names.count)
        ports = names.indices.map { (free.numbers[2 * $0], free.numbers[2 * $0 + 1]) }
        try makeCertificates()
        free.release()
        for name in names { try start(name) }
    }

    private func makeCertificates() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        process.executableURL = root.appendingPathComponent("tools/certs")
        process.arguments = [folder.path + "/certs"] + names
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    /// Starts a node, or starts it again on its folder.
    func start(_ name: String) throws {
        let place = try #require(names.firstIndex(of: name))
        let peers = zip(names, ports).map { "\($0)=127.0.0.1:\($1.data)/\($1.peer)" }
        let certificates = folder.path + "/certs/"
        programs[name] = try Program(
            [
                "serve", "--data-dir", name, "--listen", "127.0.0.1:\(ports[place].data)",
                "--set", "peer_port=\(ports[place].peer)", "--set", "cluster=static",
                "--set", "node_id=\(name)", "--set", "peers=\(peers.joined(separator: ","))",
                "--set", "peer_ca_path=\(certificates)ca.pem",
                "--set", "peer_cert_path=\(certificates)\(name).pem",
                "--set", "peer_key_path=\(certificates)\(name).key",
                "--set", "replication_ack=\(ack)", "--set", "max_memory=128MiB",
                "--set", "threads=1", "--set", "default_ttl=0",
            ], in: folder)
    }

    func node(_ name: String) throws -> Program { try #require(programs[name]) }

    func client(_ name: String) throws -> HTTPClient {
        try HTTPClient(port: node(name).dataPort())
    }

    /// Ends a node as a crash does.
    func kill(_ name: String) throws {
        try node(name).send(SIGKILL)
        _ = try node(name).exitCode()
        programs[name] = nil
    }

    /// Waits until every partition has as many copies in sync, as its primary says.
    func awaitCopies(_ count: Int, on names: [String]) async throws {
        for name in names {
            try await eventually("\(name)'s partitions have their copies") {
                let ring = try ring(name)
                guard let me = ring.nodes.firstIndex(of: name) else { return false }
                return ring.partitions.allSatisfy { primary, copies in
                    primary != me || copies.count == count
                }
            }
        }
    }

    func ring(_ name: String) throws -> (nodes: [String], partitions: [(Int, [Int])]) {
        let answer = try client(name).request("GET", "/ring")
        let document = try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
        let members = try #require(document as? [String: Any])
        let nodes = try #require(members["nodes"] as? [[String: Any]])
        let partitions = try #require(members["partitions"] as? [[String: Any]])
        return (
            nodes.compactMap { $0["id"] as? String },
            partitions.map { ($0["primary"] as? Int ?? -1, $0["copies"] as? [Int] ?? []) }
        )
    }

    /// Waits until something holds.
    func eventually(_ what: String, _ holds: () throws -> Bool) async throws {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(60)
        while try !holds() {
            guard clock.now < end else {
                Issue.record("it never came to be that \(what)")
                throw CancellationError()
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// Ports that nobody else has, until they are released.
private final class FreePorts {
    let numbers: [Int]
    private var sockets: [Int32] = []

    init(_ count: Int) throws {
        var numbers: [Int] = []
        for _ in 0..<count {
            let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let port = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> UInt16? in
                    guard bind(socket, address, length) == 0,
                        getsockname(socket, address, &length) == 0
                    else { return nil }
                    return pointer.pointee.sin_port.bigEndian
                }
            }
            sockets.append(socket)
            numbers.append(Int(try #require(port)))
        }
        self.numbers = numbers
    }

    func release() {
        for socket in sockets { close(socket) }
        sockets = []
    }

    deinit { release() }
}
