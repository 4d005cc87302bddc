package import CacheBase

/// The first eight bytes of every file: six letters that name its kind, and a version.
package struct FormatMagic: Sendable {
    /// The version that this build writes. Older ones stay readable for ever.
    package static let version: UInt16 = 1

    package static let store = FormatMagic("DCSSTO")
    package static let log = FormatMagic("DCSWAL")
    package static let segment = FormatMagic("DCSSEG")
    package static let hint = FormatMagic("DCSHIN")
    package static let search = FormatMagic("DCSFTS")
    package static let checkpoint = FormatMagic("DCSCKP")
    package static let clock = FormatMagic("DCSCLK")

    private let letters: UInt64

    private init(_ name: StaticString) {
        precondition(name.utf8CodeUnitCount == 6)
        letters = (0..<6).reduce(0) { $0 | UInt64(name.utf8Start[$1]) << (8 * UInt64($1)) }
    }

    package func write(to target: UnsafeMutableRawPointer) {
        target.put(letters | UInt64(Self.version) << 48, at: 0)
    }

    /// True where `head` begins with this magic and a version that this build reads.
    /// - Throws: `newerFormat` where a later build wrote it.
    package func matches(_ head: UnsafeRawPointer) throws(StorageError) -> Bool {
        try matches(word: head.u64(0))
    }

    /// As `matches`, for the first eight bytes read as a little-endian word.
    package func matches(word: UInt64) throws(StorageError) -> Bool {
        guard word & 0xFFFF_FFFF_FFFF == letters else { return false }
        let found = UInt16(word >> 48)
        guard found <= Self.version else {
            throw StorageError(
                .newerFormat, "format version \(found), this build reads up to \(Self.version)")
        }
        return found > 0
    }
}
