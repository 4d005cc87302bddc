package import CacheBase

/// What the key index needs of one entry of a segment.
package struct HintEntry: BitwiseCopyable, Sendable, Equatable {
    package var hash: UInt64
    /// Seconds since 1970, rounded up; 0 never.
    package var expirySeconds: UInt32

    package init(hash: UInt64, expirySeconds: UInt32) {
        self.hash = hash
        self.expirySeconds = expirySeconds
    }

    @inlinable
    package init(hash: UInt64, expiry: Expiry) {
        self.hash = hash
        let seconds = expiry.isNever ? 0 : (expiry.rawValue - 1) / 1000 + 1
        expirySeconds = UInt32(clamping: seconds)
    }
}

/// The hint file of a sealed segment: hashes and expiries by ordinal, so that a restart reads
/// neither keys nor values. Derived: rebuilt from the segment where missing or damaged.
///
///     0  magic "DCSHIN" and format version u16
///     8  store id, 16 bytes
///     24 segment id u64
///     32 entries u32
///     36 flags u32            1: no entry expires, the expiry column is left out
///     40 body crc32c u32
///     44 crc32c u32           over bytes 0..<44
///     48 hashes, u64 each; then expiry seconds, u32 each
package enum HintFile {
    private static let headBytes = 48

    package static func encoded(
        _ entries: [HintEntry], store: StoreID, segment: SegmentID
    ) -> [UInt8] {
        let expires = entries.contains { $0.expirySeconds != 0 }
        let size = headBytes + entries.count * (expires ? 12 : 8)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            let base = UnsafeMutableRawPointer(buffer.baseAddress!)
            let body = base + headBytes
            for (ordinal, entry) in entries.enumerated() {
                body.put(entry.hash, at: ordinal * 8)
                if expires { body.put(entry.expirySeconds, at: entries.count * 8 + ordinal * 4) }
            }
            FormatMagic.hint.write(to: base)
            store.write(to: base + 8)
            base.put(segment.rawValue, at: 24)
            base.put(UInt32(entries.count), at: 32)
            base.put(UInt32(expires ? 0 : 1), at: 36)
            base.put(
                CRC32C.of(UnsafeRawBufferPointer(start: body, count: size - headBytes)), at: 40)
            base.put(CRC32C.of(UnsafeRawBufferPointer(start: base, count: 44)), at: 44)
            count = size
        }
    }

    /// Calls `body` with a view of the columns; nil where the file is damaged, of another store,
    /// of another segment or does not have `entries` entries.
    /// - Throws: `newerFormat`.
    package static func verified(
        _ bytes: UnsafeRawBufferPointer, store: StoreID, segment: SegmentID, entries: Int
    ) throws(StorageError) -> HintColumns? {
        guard bytes.count >= headBytes, let base = bytes.baseAddress,
            try FormatMagic.hint.matches(base),
            CRC32C.of(UnsafeRawBufferPointer(start: base, count: 44)) == base.u32(44),
            StoreID(reading: base + 8) == store, base.u64(24) == segment.rawValue,
            Int(base.u32(32)) == entries
        else { return nil }
        let expires = base.u32(36) == 0
        guard bytes.count == headBytes + entries * (expires ? 12 : 8),
            CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[headBytes...])) == base.u32(40)
        else { return nil }
        return HintColumns(
            hashes: base + headBytes,
            expiries: expires ? base + headBytes + entries * 8 : nil, count: entries)
    }
}

/// The verified columns of a hint file; borrowed from its bytes.
package struct HintColumns {
    private let hashes: UnsafeRawPointer
    private let expiries: UnsafeRawPointer?
    package let count: Int

    init(hashes: UnsafeRawPointer, expiries: UnsafeRawPointer?, count: Int) {
        self.hashes = hashes
        self.expiries = expiries
        self.count = count
    }

    @inline(__always)
    package subscript(ordinal: Int) -> HintEntry {
        HintEntry(
            hash: hashes.u64(ordinal &* 8),
            expirySeconds: expiries.map { $0.u32(ordinal &* 4) } ?? 0)
    }
}
