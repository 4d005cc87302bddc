/// Where an entry's bytes are: 2 bits of kind and 48 bits of place, as a slot keeps them.
struct Location: Hashable, Sendable {
    enum Kind: UInt64 {
        case none = 0
        /// An entry of a mapped log file.
        case log = 1
        /// An entry of a sealed segment.
        case segment = 2
        /// An entry of the hot tier, which knows its segment location too.
        case hot = 3
    }

    /// Bits 62–63 kind, bits 0–47 place, the others zero.
    let rawValue: UInt64

    static let placeMask: UInt64 = 1 << 48 - 1
    static let mask: UInt64 = 3 << 62 | placeMask
    static let none = Location(rawValue: 0)

    @inline(__always)
    init(rawValue: UInt64) { self.rawValue = rawValue & Self.mask }

    @inline(__always)
    private init(_ kind: Kind, _ place: UInt64) { rawValue = kind.rawValue << 62 | place }

    @inline(__always)
    var kind: Kind { Kind(rawValue: rawValue >> 62).unsafelyUnwrapped }

    private var place: UInt64 { rawValue & Self.placeMask }

    /// 16 bits of file slot, 32 bits of offset in units of 8 bytes.
    @inline(__always)
    static func log(fileSlot: Int, offset: Int) -> Location {
        Location(.log, UInt64(fileSlot) << 32 | UInt64(offset >> 3))
    }
    @inline(__always) var logFileSlot: Int { Int(place >> 32) }
    @inline(__always) var logOffset: Int { Int(place & 0xFFFF_FFFF) << 3 }

    /// 20 bits of segment slot, 16 bits of block, 12 bits of entry in the block.
    @inline(__always)
    static func segment(slot: Int, block: Int, entry: Int) -> Location {
        Location(.segment, UInt64(slot) << 28 | UInt64(block) << 12 | UInt64(entry))
    }
    @inline(__always) var segmentSlot: Int { Int(place >> 28) }
    @inline(__always) var block: Int { Int(place >> 12) & 0xFFFF }
    @inline(__always) var entry: Int { Int(place) & 0xFFF }

    /// Offset in the hot tier's memory in units of 8 bytes.
    @inline(__always)
    static func hot(offset: Int) -> Location { Location(.hot, UInt64(offset >> 3)) }
    @inline(__always) var hotOffset: Int { Int(place) << 3 }
}
