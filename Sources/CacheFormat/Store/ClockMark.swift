package import CacheBase

/// The file `CLOCK`: the newest time that the store has acted on, so that a machine whose clock is
/// set back brings no expired entry back. One page, mapped; the mark is replaced by one store of
/// eight bytes, so that a killed process leaves a whole one.
///
///     0  magic "DCSCLK" and format version u16
///     8  store id, 16 bytes
///     24 crc32c u32          over bytes 0..<24
///     64 mark u64            milliseconds since 1970 (48 bits) | check << 48
///
/// A mark that its check does not fit is none: the checkpoint has an older one.
package enum ClockMark {
    package static let bytes = 4096
    private static let checksumOffset = 24
    private static let markOffset = 64
    private static let timeMask: UInt64 = 1 << 48 - 1

    /// Begins a file that holds no mark yet.
    package static func writeHead(to target: UnsafeMutableRawPointer, store: StoreID) {
        FormatMagic.clock.write(to: target)
        store.write(to: target + 8)
        target.put(checksum(target), at: checksumOffset)
    }

    package static func write(_ time: Timestamp, to target: UnsafeMutableRawPointer) {
        let time = min(time.rawValue, timeMask)
        target.put(time | check(time) << 48, at: markOffset)
    }

    /// The mark in the page at `base`; nil where it is not this store's, or damaged.
    /// - Throws: `newerFormat`.
    package static func read(
        _ base: UnsafeRawPointer, store: StoreID
    ) throws(StorageError) -> Timestamp? {
        guard try FormatMagic.clock.matches(base), checksum(base) == base.u32(checksumOffset),
            StoreID(reading: base + 8) == store
        else { return nil }
        let word = base.u64(markOffset)
        let time = word & timeMask
        return check(time) == word >> 48 ? Timestamp(rawValue: time) : nil
    }

    private static func checksum(_ base: UnsafeRawPointer) -> UInt32 {
        CRC32C.of(UnsafeRawBufferPointer(start: base, count: checksumOffset))
    }

    /// Sixteen bits of a checksum; any wrong byte changes them. Of nothing at all it is not 0, so
    /// that zeros are no mark.
    private static func check(_ time: UInt64) -> UInt64 {
        var word = ~time
        let sum = withUnsafeBytes(of: &word) { CRC32C.of($0) }
        return UInt64(sum & 0xFFFF)
    }
}
