internal import CacheBase
internal import CacheFiles

/// A piece of a file in memory that moves on with a reader.
///
/// Invariant: `buffer` holds the file's bytes in `held`, which begins at a multiple of
/// `FileMode.directAlignment`; so the file may be one that is read past the page cache.
final class FileWindow {
    private let file: any File
    private let fileBytes: UInt64
    private var buffer: UnsafeMutableRawBufferPointer
    private var held: Range<UInt64> = 0..<0

    init(_ file: any File, fileBytes: UInt64) {
        self.file = file
        self.fileBytes = fileBytes
        buffer = Self.room(InspectLimits.pieceBytes)
    }

    deinit { buffer.deallocate() }

    private static func room(_ bytes: Int) -> UnsafeMutableRawBufferPointer {
        .allocate(byteCount: bytes, alignment: FileMode.directAlignment)
    }

    /// Bytes of the file, valid until the next call; nil where the file ends before.
    /// - Throws: `io`.
    @inline(__always)
    func bytes(at offset: UInt64, count: Int) throws(StorageError) -> UnsafeRawBufferPointer? {
        let end = offset + UInt64(count)
        if offset < held.lowerBound || end > held.upperBound {
            guard end <= fileBytes else { return nil }
            try load(offset, count)
            guard end <= held.upperBound else { return nil }
        }
        let start = Int(offset - held.lowerBound)
        return UnsafeRawBufferPointer(rebasing: buffer[start..<(start + count)])
    }

    private func load(_ offset: UInt64, _ count: Int) throws(StorageError) {
        let unit = UInt64(FileMode.directAlignment)
        let start = offset / unit * unit
        let needed = (Int(offset - start) + count + Int(unit) - 1) / Int(unit) * Int(unit)
        if needed > buffer.count {
            buffer.deallocate()
            buffer = Self.room(needed)
        }
        held = 0..<0
        let got = try file.read(into: buffer, at: start)
        held = start..<min(start + UInt64(got), fileBytes)
    }
}
