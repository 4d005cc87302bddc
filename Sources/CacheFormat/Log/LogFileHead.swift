package import CacheBase

/// The head of a log file: one page, of which 64 bytes are used; frames follow at `bytes`.
///
///     0  magic "DCSWAL" and format version u16
///     8  store id, 16 bytes
///     24 file number u64
///     32 first LSN u64       of the first frame
///     40 durable LSN u64     when the file was begun
///     48 predecessor u32     checksum of the last frame of the file before
///     52 crc32c u32          over bytes 0..<52
package struct LogFileHead: Sendable, Equatable {
    package static let bytes = 4096
    private static let checksumOffset = 52

    package var store: StoreID
    package var number: UInt64
    package var firstLSN: LSN
    package var durableLSN: LSN
    package var predecessor: UInt32

    package init(
        store: StoreID, number: UInt64, firstLSN: LSN, durableLSN: LSN, predecessor: UInt32
    ) {
        self.store = store
        self.number = number
        self.firstLSN = firstLSN
        self.durableLSN = durableLSN
        self.predecessor = predecessor
    }

    package func write(to target: UnsafeMutableRawPointer) {
        FormatMagic.log.write(to: target)
        store.write(to: target + 8)
        target.put(number, at: 24)
        target.put(firstLSN.rawValue, at: 32)
        target.put(durableLSN.rawValue, at: 40)
        target.put(predecessor, at: 48)
        let sum = CRC32C.of(UnsafeRawBufferPointer(start: target, count: Self.checksumOffset))
        target.put(sum, at: Self.checksumOffset)
    }

    /// Reads and verifies a head; nil where it is not one, or damaged.
    /// - Throws: `newerFormat`.
    package init?(verifying bytes: UnsafeRawBufferPointer) throws(StorageError) {
        guard bytes.count >= 64, let base = bytes.baseAddress,
            try FormatMagic.log.matches(base),
            CRC32C.of(UnsafeRawBufferPointer(start: base, count: Self.checksumOffset))
                == base.u32(Self.checksumOffset)
        else { return nil }
        store = StoreID(reading: base + 8)
        number = base.u64(24)
        firstLSN = LSN(rawValue: base.u64(32))
        durableLSN = LSN(rawValue: base.u64(40))
        predecessor = base.u32(48)
        guard number < Limits.numberCeiling, firstLSN.rawValue < Limits.numberCeiling,
            durableLSN.rawValue < Limits.numberCeiling
        else { return nil }
    }
}
