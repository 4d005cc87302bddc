import CacheBase
import CacheConfig
import CacheEngine
import CacheFiles
import CacheNode
import Logging
import Synchronization
import Testing

@testable import CacheManagement

/// A management plane on a free port over an engine on a simulated disk.
struct ManagementRig: Sendable {
    let engine: Engine
    let control: NodeControl
    let port: Int
    let server: ManagementServer
    /// Text of the overrides, each time that it was kept.
    let kept: Kept

    final class Kept: Sendable {
        let texts = Mutex<[String]>([])
    }

    /// Runs `body` against a plane and ends it.
    /// - Parameter isOpen: whether the store is open.
    static func serve(
        isOpen: Bool = true, search: SearchSource? = nil,
        access: @escaping ManagementAccess = { _, _ in .granted },
        _ body: (ManagementRig) async throws -> Void
    ) async throws {
        let rig = try await ManagementRig(isOpen: isOpen, search: search, access)
        do {
            try await body(rig)
        } catch {
            await rig.server.stop()
            rig.engine.close()
            throw error
        }
        await rig.server.stop()
        rig.engine.close()
    }

    private init(
        isOpen: Bool, search: SearchSource?, _ access: @escaping ManagementAccess
    ) async throws {
        var options = EngineOptions(directory: "data")
        options.identitySeed = 1
        options.memoryBytesMax = 64 << 20
        options.diskBytesMax = 64 << 20
        engine = try Engine.open(options, files: SimulatedFileSystem(seed: 1))
        let state = NodeState()
        control = NodeControl(state: state, version: "1.2.3", clock: .system()) { engine, _ in
            let member = NodeList.Member(
                id: engine.identifier, address: "a:1", state: "ready", role: "primary", lagBytes: 0)
            return NodeList(epoch: 1, members: [member])
        }
        if isOpen { state.serve(engine) }
        let kept = Kept()
        self.kept = kept
        server = ManagementServer(
            ManagementServer.Node(
                control: control, settings: try Self.makeSettings(engine, kept), access: access,
                search: search),
            logger: Self.logger)
        port = try await server.start(address: "127.0.0.1", port: 0)
    }

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Keys of the settings that change at run time.
    static let liveKeys = Set(Setting.all.filter { $0.change == .live }.map(\.key))

    /// The settings of a node that keeps its changes in `kept`.
    static func makeSettings(_ engine: Engine, _ kept: Kept) throws -> LiveSettings {
        let layers = try ConfigurationLoader.loadLayers(
            file: nil, environment: ["DCS_DEFAULT_TTL": "7"], flags: []
        ) { _ throws(UnreadableFile) in throw .missing }
        return LiveSettings(
            layers,
            hooks: LiveSettings.Hooks(
                check: { $0.memoryBytesMax > 4 << 30 ? ["max_memory is laid out for less."] : [] },
                keep: { text throws(StorageError) in kept.texts.withLock { $0.append(text) } },
                apply: { engine.setDiskMax($0.diskBytesMax) }))
    }

    func client() throws -> ManagementClient { try #require(ManagementClient(port: port)) }

    func put(_ key: String, _ value: [UInt8], type: String = "", ttl: UInt64? = nil) throws {
        let expiry = ttl.map { Expiry(milliseconds: $0, after: engine.clock.now()) } ?? .never
        try Array(key.utf8).withUnsafeBytes { key in
            try value.withUnsafeBytes { value in
                try Array(type.utf8).withUnsafeBytes { type in
                    _ = try engine.put(
                        engine.key(key), value: value, contentType: type, expiry: expiry)
                }
            }
        }
    }
}
