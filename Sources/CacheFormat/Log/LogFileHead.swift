package import CacheBase

/// The head of a log file: one page, of which 72 bytes are used; frames follow at `bytes`.
///
///     0  magic "DCSWAL" and format version u16
///     8  store id, 16 bytes
///     24 file number u64
///     32 first LSN u64       of the first frame
///     40 durable LSN u64     when the file was begun
///     48 predecessor u32     checksum of the last frame of the file before
///     52 nonce u32           drawn at random for each use of a file
///     56 crc32c u32          over bytes 0..<56; the predecessor of the first frame
///     60 suspect u32         not 0 where a sync of the file failed. The kernel counts such pages as
///                            clean, so a later sync passes them over and succeeds: as long as it
///                            runs, memory shows records that the disk need not have. The mark is
///                            for the next process on that kernel; without power it has no meaning
///     64 clock mark u64      milliseconds since 1970 << 16 | check: no time before it may be told
///                            after a restart, because somebody was told that an entry had expired
///
/// The nonce makes the chain of frames one of this use: what an earlier use left behind in the
/// file, even frames of the same LSNs that a power loss took back, never continues it.
package struct LogFileHead: Sendable, Equatable {
    package static let bytes = 4096
    private static let checksumOffset = 56
    private static let suspectOffset = 60
    private static let clockOffset = 64
    private static let usedBytes = 72

    package var store: StoreID
    package var number: UInt64
    package var firstLSN: LSN
    package var durableLSN: LSN
    package var predecessor: UInt32
    package var nonce: UInt32
    /// Set by `write` and by reading.
    package private(set) var checksum: UInt32 = 0

    package init(
        store: StoreID, number: UInt64, firstLSN: LSN, durableLSN: LSN, predecessor: UInt32,
        nonce: UInt32
    ) {
        self.store = store
        self.number = number
        self.firstLSN = firstLSN
        self.durableLSN = durableLSN
        self.predecessor = predecessor
        self.nonce = nonce
    }

    /// Writes the head, with no mark of a failed sync.
    package mutating func write(to target: UnsafeMutableRawPointer, clockMark: Timestamp) {
        FormatMagic.log.write(to: target)
        store.write(to: target + 8)
        target.put(number, at: 24)
        target.put(firstLSN.rawValue, at: 32)
        target.put(durableLSN.rawValue, at: 40)
        target.put(predecessor, at: 48)
        target.put(nonce, at: 52)
        checksum = CRC32C.of(UnsafeRawBufferPointer(start: target, count: Self.checksumOffset))
        target.put(checksum, at: Self.checksumOffset)
        Self.setSuspect(false, at: target)
        Self.setClockMark(clockMark, at: target)
    }

    /// Reads and verifies a head; nil where it is not one, or damaged.
    /// - Throws: `newerFormat`.
    package init?(verifying bytes: UnsafeRawBufferPointer) throws(StorageError) {
        guard bytes.count >= Self.usedBytes, let base = bytes.baseAddress,
            try FormatMagic.log.matches(base),
            CRC32C.of(UnsafeRawBufferPointer(start: base, count: Self.checksumOffset))
                == base.u32(Self.checksumOffset)
        else { return nil }
        store = StoreID(reading: base + 8)
        number = base.u64(24)
        firstLSN = LSN(rawValue: base.u64(32))
        durableLSN = LSN(rawValue: base.u64(40))
        predecessor = base.u32(48)
        nonce = base.u32(52)
        checksum = base.u32(Self.checksumOffset)
    }
}

// MARK: - Marks that are changed in place

extension LogFileHead {
    /// Marks the file whose head is at `target`, or takes the mark away.
    package static func setSuspect(_ isSuspect: Bool, at target: UnsafeMutableRawPointer) {
        target.put(UInt32(isSuspect ? 1 : 0), at: suspectOffset)
    }

    /// True where a sync of the file whose head is at `base` has failed.
    package static func isSuspect(at base: UnsafeRawPointer) -> Bool {
        base.u32(suspectOffset) != 0
    }

    /// One aligned word, so that a kill leaves the old mark or the new.
    package static func setClockMark(_ mark: Timestamp, at target: UnsafeMutableRawPointer) {
        let time = mark.rawValue & (1 << 48 - 1)
        target.put(time << 16 | check(time), at: clockOffset)
    }

    /// The mark of the file whose head is at `base`; the beginning of time where there is none.
    package static func clockMark(at base: UnsafeRawPointer) -> Timestamp {
        let word = base.u64(clockOffset)
        let isWhole = word & 0xFFFF == check(word >> 16)
        return Timestamp(rawValue: isWhole ? word >> 16 : 0)
    }

    /// Sixteen bits that a time and a stray word hardly ever share. (Fibonacci hashing.)
    private static func check(_ time: UInt64) -> UInt64 {
        ((time &+ 1) &* 0x9E37_79B9_7F4A_7C15) >> 48
    }
}
