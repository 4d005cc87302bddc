import CacheBase
import CacheFiles
import Testing

/// Random runs of calls whose every answer must be the same from both forms.
@Suite("Twins")
struct TwinTests {
    private static let names = ["a", "b", "c", "folder/d", "folder/e", "folder", "none/f"]

    @Test(arguments: 1...20)
    func bothFormsAnswerAlike(seed: UInt64) throws {
        let (real, simulated) = (try Sandbox(.real), try Sandbox(.simulated))
        for sandbox in [real, simulated] {
            try sandbox.system.createDirectory(sandbox.path("folder"))
        }
        let twins = [Twin(real), Twin(simulated)]
        var random = Xoshiro256(seed: seed)
        for step in 0..<300 {
            let call = Call.random(using: &random, names: Self.names)
            let answers = twins.map { $0.perform(call) }
            try #require(answers[0] == answers[1], "seed \(seed), step \(step): \(call)")
        }
        (simulated.system as? SimulatedFileSystem)?.checkInvariants()
    }
}

/// One call, with all that it needs drawn beforehand, so that both forms get the same.
private enum Call {
    case create(String), open(String), close(String), rename(String, String), remove(String)
    case write(String, offset: UInt64, count: Int), read(String, offset: UInt64, count: Int)
    case truncate(String, UInt64), sync(String), map(String, Int), unmap(String)
    case store(String, offset: Int), list(String), contents(String), lock, unlock

    static func random(using random: inout Xoshiro256, names: [String]) -> Call {
        let name = names[random.below(names.count)]
        let (offset, count) = (random.below(9000), random.below(3000))
        switch random.below(20) {
        case 0, 1: return .create(name)
        case 2: return .open(name)
        case 3: return .close(name)
        case 4: return .rename(name, names[random.below(names.count)])
        case 5: return .remove(name)
        case 6, 7, 8: return .write(name, offset: UInt64(offset), count: count)
        case 9, 10: return .read(name, offset: UInt64(offset), count: count)
        case 11: return .truncate(name, UInt64(offset))
        case 12: return .sync(name)
        case 13, 14: return .map(name, 4096 * (1 + random.below(2)))
        case 15: return .unmap(name)
        case 16: return .store(name, offset: random.below(4000))
        case 17: return .list(["", "folder", "none"][random.below(3)])
        case 18: return .contents(name)
        default: return random.coin() ? .lock : .unlock
        }
    }
}

/// One form with the handles that a run holds on it.
private final class Twin {
    private let sandbox: Sandbox
    private var files: [String: any File] = [:]
    private var mappings: [String: any MappedFile] = [:]
    private var lock: (any DirectoryLock)?
    private var stores: UInt8 = 0

    init(_ sandbox: Sandbox) { self.sandbox = sandbox }

    /// What the call answered, as text: content, or the kind of its error.
    func perform(_ call: Call) -> String {
        do throws(StorageError) { return try answer(call) } catch { return error.kind.rawValue }
    }

    private func answer(_ call: Call) throws(StorageError) -> String {
        let system = sandbox.system
        switch call {
        case .create(let name): files[name] = try system.open(sandbox.path(name), .create)
        case .open(let name):
            // A folder opens on Linux and fails at its first read; nothing rests on either.
            if name != "folder" { files[name] = try system.open(sandbox.path(name), .readWrite) }
        case .close(let name): files[name] = nil
        case .rename(let source, let target):
            // The simulation renames files only.
            if source == "folder" { break }
            try system.rename(sandbox.path(source), to: sandbox.path(target))
        case .remove(let name): try system.remove(sandbox.path(name))
        case .list(let name): return "\(try system.list(sandbox.path(name)).sorted())"
        case .contents(let name):
            if name != "folder" { return "\(try system.contents(sandbox.path(name)))" }
        case .lock: lock = try system.lockDirectory(sandbox.folder)
        case .unlock: lock?.release()
        case .map(let name, let length):
            mappings[name] = try system.map(sandbox.path(name), length: length)
        case .unmap(let name): mappings[name] = nil
        case .store(let name, let offset):
            stores &+= 1
            mappings[name]?.store(repeated(stores, 96), at: offset)
        case .write(let name, let offset, let count):
            guard let file = files[name] else { break }
            // A mapped file keeps its length: that is the callers' promise.
            let end = try file.size()
            if !mappings.isEmpty && offset + UInt64(count) > end { break }
            try file.write(repeated(UInt8(count % 251), count), at: offset)
            return "\(try file.size())"
        case .read(let name, let offset, let count):
            return "\(try files[name]?.bytes(count, at: offset) ?? [])"
        case .truncate(let name, let length):
            if mappings.isEmpty { try files[name]?.truncate(to: length) }
        case .sync(let name): try files[name]?.sync()
        }
        return "done"
    }
}
