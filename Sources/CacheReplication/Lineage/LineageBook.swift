package import CacheBase
package import CacheFiles
internal import CacheFormat
internal import Synchronization

/// The lineages of all partitions on this node, kept in the data folder's file `LINEAGE`.
///
/// The file: magic text, a number of partitions with leaderships (u32), for each: partition u32,
/// leaderships u32, and of each epoch u64 and first sequence u64; a CRC32C over all of it.
///
/// Invariant: what `change` has returned from is durable.
package final class LineageBook: Sendable {
    private static let magic: [UInt8] = Array("DCSLINE1".utf8)
    private static let bytesMax = 1 << 20

    private let path: String
    private let files: any FileSystem
    private let lineages: Mutex<[Lineage]>

    /// Reads the file; a missing one is empty.
    /// - Throws: `corruption`, `io`.
    package init(directory: String, files: any FileSystem) throws(StorageError) {
        path = directory + "/LINEAGE"
        self.files = files
        var lineages = [Lineage](repeating: Lineage(), count: Limits.partitions)
        if files.exists(path) {
            let bytes = try files.contents(of: path, limit: Self.bytesMax)
            guard Self.decode(bytes, into: &lineages) else {
                throw StorageError(
                    .corruption, "the history of the partitions is not readable", file: path)
            }
        }
        self.lineages = Mutex(lineages)
    }

    package subscript(partition: Partition) -> Lineage {
        lineages.withLock { $0[Int(partition.rawValue)] }
    }

    /// Changes lineages and makes them durable in one step.
    /// - Throws: as `FileSystem.replace`; then nothing has changed.
    package func change(_ body: (inout [Lineage]) -> Void) throws(StorageError) {
        let failure = lineages.withLock { lineages -> StorageError? in
            var changed = lineages
            body(&changed)
            guard changed != lineages else { return nil }
            let bytes = Self.encode(changed)
            let result = bytes.withUnsafeBytes { raw -> StorageError? in
                do throws(StorageError) {
                    try files.replace(path, with: raw)
                    return nil
                } catch {
                    return error
                }
            }
            if result == nil { lineages = changed }
            return result
        }
        if let failure { throw failure }
    }

    private static func encode(_ lineages: [Lineage]) -> [UInt8] {
        var writer = WireWriter()
        writer.bytes = magic
        let known = lineages.enumerated().filter { !$0.element.leaderships.isEmpty }
        writer.u32(UInt32(known.count))
        for (number, lineage) in known {
            writer.u32(UInt32(number))
            writer.lineage(lineage)
        }
        writer.u32(writer.bytes.withUnsafeBytes { CRC32C.of($0) })
        return writer.bytes
    }

    private static func decode(_ bytes: [UInt8], into lineages: inout [Lineage]) -> Bool {
        guard bytes.count >= magic.count + 8, Array(bytes[..<magic.count]) == magic else {
            return false
        }
        let sum = bytes.dropLast(4).withUnsafeBytes { CRC32C.of($0) }
        var reader = WireReader(Array(bytes[magic.count...]))
        guard let count = reader.u32(), count <= UInt32(Limits.partitions) else { return false }
        for _ in 0..<count {
            guard let partition = reader.partition(), let lineage = reader.lineage() else {
                return false
            }
            lineages[Int(partition.rawValue)] = lineage
        }
        return reader.u32() == sum && reader.isAtEnd
    }
}
