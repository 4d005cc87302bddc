import CacheBase
import CacheEngine
import CacheFiles
import Foundation

/// A real engine over a folder of its own, for tests of the server. Whoever opens it ends it.
struct TestEngine: Sendable {
    let engine: Engine
    private let folder: String

    init(sync: SyncMode = .interval(milliseconds: 100)) throws {
        folder = FileManager.default.temporaryDirectory.path + "/dcs-http-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        var options = EngineOptions(directory: folder + "/data")
        options.memoryBytesMax = Limits.memoryBytesMin
        options.diskBytesMax = Limits.diskBytesMin
        options.sync = sync
        engine = try Engine.open(options, files: RealFileSystem())
    }

    /// Closes the engine and removes its folder; the server over it has ended.
    func end() {
        engine.close()
        try? FileManager.default.removeItem(atPath: folder)
    }
}
