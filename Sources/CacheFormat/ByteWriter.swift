internal import CacheBase

/// Appends little-endian fields to a growing buffer; for files that are written whole.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func magic(_ magic: FormatMagic) {
        bytes.append(contentsOf: repeatElement(0, count: 8))
        bytes.withUnsafeMutableBytes { magic.write(to: $0.baseAddress! + $0.count - 8) }
    }

    mutating func u32(_ value: UInt32) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func u64(_ value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Ends the file with the CRC32C of everything before.
    mutating func checksum() {
        u32(bytes.withUnsafeBytes { CRC32C.of($0) })
    }
}

/// Reads little-endian fields from bytes that may be hostile.
struct ByteReader {
    /// The bytes ended before the field did.
    struct Ended: Error {}

    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// - Throws: `newerFormat`, or `failure` where the file begins otherwise.
    mutating func magic(
        _ magic: FormatMagic, else failure: StorageError
    ) throws(StorageError) {
        guard bytes.count >= 8 else { throw failure }
        let word = bytes.withUnsafeBytes { $0.baseAddress!.u64(0) }
        guard try magic.matches(word: word) else { throw failure }
        offset = 8
    }

    /// True where the last four bytes are the CRC32C of all before; they are then set aside.
    func checksumHolds() -> Bool {
        guard bytes.count >= 12 else { return false }
        return bytes.withUnsafeBytes { raw in
            CRC32C.of(UnsafeRawBufferPointer(rebasing: raw.dropLast(4)))
                == raw.baseAddress!.u32(raw.count - 4)
        }
    }

    mutating func u32() throws(Ended) -> UInt32 {
        guard bytes.count - offset >= 4 else { throw Ended() }
        defer { offset += 4 }
        return bytes.withUnsafeBytes { $0.baseAddress!.u32(offset) }
    }

    mutating func u64() throws(Ended) -> UInt64 {
        guard bytes.count - offset >= 8 else { throw Ended() }
        defer { offset += 8 }
        return bytes.withUnsafeBytes { $0.baseAddress!.u64(offset) }
    }
}
