import CacheBase
import CacheCluster
import CacheSecurity
import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import CachePeer

/// What `tools/certs` makes is what nodes need.
@Suite(.timeLimit(.minutes(2)))
struct CertificateToolTests {
    private let folder =
        FileManager.default.temporaryDirectory.path + "/dcs-certs-\(UUID().uuidString)"

    private func certs(_ arguments: String...) throws -> (code: Int32, output: String) {
        let process = Process()
        process.executableURL =
            URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../tools/certs").standardizedFileURL
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    private func identity(_ name: String) throws -> PeerIdentity {
        let node = try #require(NodeID(name))
        let paths = PeerIdentity.Paths(
            authority: folder + "/ca.pem", certificate: "\(folder)/\(name).pem",
            key: "\(folder)/\(name).key")
        return try PeerIdentity(node: node, paths: paths, clock: .system()) {
            path, _ throws(CertificateFileError) in
            guard let data = FileManager.default.contents(atPath: path) else {
                throw CertificateFileError("does not exist")
            }
            return Array(data)
        }
    }

    @Test func itsNodesReachEachOtherAndNothingIsOverwritten() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try certs(folder, "node-1", "node-2.cache").code == 0)
        #expect(try certs(folder, "node-3").code == 0)
        let before = try #require(FileManager.default.contents(atPath: folder + "/node-1.pem"))
        let again = try certs(folder, "node-4", "node-1")
        #expect(again.code == 1)
        #expect(again.output.contains("node-1.pem is there already"))
        #expect(FileManager.default.contents(atPath: folder + "/node-1.pem") == before)
        #expect(!FileManager.default.fileExists(atPath: folder + "/node-4.pem"))
        for key in ["ca.key", "node-1.key", "node-2.cache.key", "node-3.key"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/" + key)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
        try await ListeningNode.run(identity("node-1")) { node in
            for name in ["node-2.cache", "node-3"] {
                let target = PeerTarget(
                    node: try #require(NodeID("node-1")), host: "127.0.0.1", port: node.port)
                let link = try await PeerDialer(identity: try identity(name), settings: .patient)
                    .dial(target, on: node.group.next()) { _ in Recorder() }.get()
                #expect(link.node.name == "node-1")
            }
        }
    }

    @Test func namesThatAreNoNodesAreRefused() throws {
        for name in ["A", "-a", "a/b", "", String(repeating: "a", count: 64), "ca"] {
            #expect(try certs(folder, name).code == 1)
        }
        #expect(try certs(folder).code == 2)
        #expect(!FileManager.default.fileExists(atPath: folder))
        let help = try certs("--help")
        #expect(help.code == 0)
        #expect(help.output.contains("usage: tools/certs FOLDER NODE..."))
    }
}
