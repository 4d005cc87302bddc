package import CacheBase

/// The file `STORE`: what a data folder is, written once when it is made.
///
///     0  magic "DCSSTO" and format version u16
///     8  store id, 16 bytes
///     24 hash key, 16 bytes   secret of the key hash; hint files depend on it
///     40 crc32c u32           over bytes 0..<40
package struct StoreFile: Sendable, Equatable {
    package static let bytes = 44

    package var id: StoreID
    package var hashKey: StoreID

    package init(id: StoreID, hashKey: StoreID) {
        self.id = id
        self.hashKey = hashKey
    }

    package func encoded() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.bytes) { buffer, count in
            let base = UnsafeMutableRawPointer(buffer.baseAddress!)
            FormatMagic.store.write(to: base)
            id.write(to: base + 8)
            hashKey.write(to: base + 24)
            base.put(CRC32C.of(UnsafeRawBufferPointer(start: base, count: 40)), at: 40)
            count = Self.bytes
        }
    }

    /// - Throws: `foreign` where it is no store file, `newerFormat`, `corruption`.
    package init(decoding bytes: [UInt8]) throws(StorageError) {
        let foreign = StorageError(.foreign, "not the file of a DCS store")
        guard bytes.count >= 8 else { throw foreign }
        let word = bytes.withUnsafeBytes { $0.baseAddress!.u64(0) }
        guard try FormatMagic.store.matches(word: word) else { throw foreign }
        let words = bytes.withUnsafeBytes { raw -> (StoreID, StoreID)? in
            guard let base = raw.baseAddress, raw.count == Self.bytes,
                CRC32C.of(UnsafeRawBufferPointer(rebasing: raw[..<40])) == base.u32(40)
            else { return nil }
            return (StoreID(reading: base + 8), StoreID(reading: base + 24))
        }
        guard let words else {
            throw StorageError(.corruption, "the store file's checksum is wrong")
        }
        (id, hashKey) = words
    }
}
