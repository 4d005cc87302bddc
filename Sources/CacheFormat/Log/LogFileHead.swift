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
///     56 suspect u64         not 0 where a sync of the file failed. The kernel counts such pages as
///                            clean, so a later sync passes them over and succeeds: as long as it
///                            runs, memory shows records that the disk need not have. The mark is
///                            for the next process on that kernel; without power it has no meaning.
package struct LogFileHead: Sendable, Equatable {
    package static let bytes = 4096
    private static let checksumOffset = 52
    private static let suspectOffset = 56

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
        Self.setSuspect(false, at: target)
    }

    /// Marks the file whose head is at `target`, or takes the mark away.
    package static func setSuspect(_ isSuspect: Bool, at target: UnsafeMutableRawPointer) {
        target.put(UInt64(isSuspect ? 1 : 0), at: suspectOffset)
    }

    /// True where a sync of the file whose head is at `base` has failed.
    package static func isSuspect(at base: UnsafeRawPointer) -> Bool {
        base.u64(suspectOffset) != 0
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
    }
}
