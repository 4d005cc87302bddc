package import CacheBase

/// The head of a segment file: 64 bytes; blocks follow.
///
///     0  magic "DCSSEG" and format version u16
///     8  store id, 16 bytes
///     24 segment id u64
///     32 created u64          milliseconds since 1970
///     40 generation u16       times that its entries were rewritten by compaction, at least
///     42 zeros
///     60 crc32c u32           over bytes 0..<60
package struct SegmentHead: Sendable, Equatable {
    package static let bytes = 64

    package var store: StoreID
    package var id: SegmentID
    package var created: Timestamp
    package var generation: UInt16

    package init(store: StoreID, id: SegmentID, created: Timestamp, generation: UInt16) {
        self.store = store
        self.id = id
        self.created = created
        self.generation = generation
    }

    package func encoded() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.bytes) { buffer, count in
            let base = UnsafeMutableRawPointer(buffer.baseAddress!)
            base.initializeMemory(as: UInt8.self, repeating: 0, count: Self.bytes)
            FormatMagic.segment.write(to: base)
            store.write(to: base + 8)
            base.put(id.rawValue, at: 24)
            base.put(created.rawValue, at: 32)
            base.put(generation, at: 40)
            base.put(CRC32C.of(UnsafeRawBufferPointer(start: base, count: 60)), at: 60)
            count = Self.bytes
        }
    }

    /// nil where the bytes are not a segment's head, or damaged.
    /// - Throws: `newerFormat`.
    package init?(verifying bytes: UnsafeRawBufferPointer) throws(StorageError) {
        guard bytes.count >= Self.bytes, let base = bytes.baseAddress,
            try FormatMagic.segment.matches(base),
            CRC32C.of(UnsafeRawBufferPointer(start: base, count: 60)) == base.u32(60)
        else { return nil }
        store = StoreID(reading: base + 8)
        id = SegmentID(rawValue: base.u64(24))
        created = Timestamp(rawValue: base.u64(32))
        generation = base.u16(40)
    }
}
