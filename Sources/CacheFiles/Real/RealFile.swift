internal import CacheBase

/// A file of the machine. The kernel orders concurrent calls; nothing here changes after opening.
final class RealFile: File {
    private let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    var path: String { descriptor.path }

    func size() throws(StorageError) -> UInt64 { try descriptor.size() }

    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(StorageError) -> Int {
        try descriptor.read(into: buffer, at: offset)
    }

    func readCached(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(StorageError) -> Int? {
        try descriptor.readCached(into: buffer, at: offset)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(StorageError) {
        try descriptor.write(bytes, at: offset)
    }

    func truncate(to length: UInt64) throws(StorageError) { try descriptor.truncate(to: length) }

    func sync() throws(StorageError) { try descriptor.sync() }
}
