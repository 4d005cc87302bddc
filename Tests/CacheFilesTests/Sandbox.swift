import CacheBase
import CacheFiles
import Foundation

/// The two forms of the file seam; what one suite asks of both.
enum Implementation: String, CaseIterable, Sendable {
    case real, simulated
}

/// A file system and an empty folder on it; the folder goes when the sandbox does.
final class Sandbox {
    let system: any FileSystem
    let folder: String
    private let isReal: Bool

    init(_ implementation: Implementation) throws {
        isReal = implementation == .real
        system = isReal ? RealFileSystem() : SimulatedFileSystem(seed: 1)
        let name = "dcs-files-" + UUID().uuidString
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        try system.createDirectory(folder)
    }

    deinit {
        if isReal { try? FileManager.default.removeItem(atPath: folder) }
    }

    func path(_ name: String) -> String { folder + "/" + name }
}

extension File {
    func write(_ bytes: [UInt8], at offset: UInt64) throws(StorageError) {
        var failure: StorageError?
        bytes.withUnsafeBytes { buffer in
            do throws(StorageError) { try write(buffer, at: offset) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    func bytes(_ count: Int, at offset: UInt64) throws(StorageError) -> [UInt8] {
        var failure: StorageError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            do throws(StorageError) {
                done = try read(into: raw, at: offset)
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }
}

extension FileSystem {
    func replace(_ path: String, with bytes: [UInt8]) throws(StorageError) {
        var failure: StorageError?
        bytes.withUnsafeBytes { buffer in
            do throws(StorageError) { try replace(path, with: buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    func contents(_ path: String) throws(StorageError) -> [UInt8] {
        try contents(of: path, limit: 1 << 20)
    }

    /// A file with this content, synced or not; its name is not.
    @discardableResult
    func make(
        _ path: String, _ bytes: [UInt8], synced: Bool = false
    ) throws(StorageError) -> any File {
        let file = try open(path, .create)
        try file.write(bytes, at: 0)
        if synced { try file.sync() }
        return file
    }
}

extension MappedFile {
    func store(_ bytes: [UInt8], at offset: Int) {
        let target = UnsafeMutableRawBufferPointer(start: base + offset, count: bytes.count)
        target.copyBytes(from: bytes)
    }

    func bytes(_ count: Int, at offset: Int) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: base + offset, count: count))
    }
}

func repeated(_ byte: UInt8, _ count: Int) -> [UInt8] { [UInt8](repeating: byte, count: count) }
