internal import CacheBase

/// What the index keeps of one key: 24 bytes. Key and value are elsewhere.
///
///     word 0: location kind 2 | spare 1 | referenced 1 | recency stamp 12 | location place 48;
///             with two queues the stamp is spare 9 | in the main queue 1 | uses 2
///     word 1: hash bits 32–47 (16) | next 24 | previous 24
///     word 2: expiry in seconds since 1970, rounded up, 0 never (32) | hash bits 0–31 (32)
///
/// A free slot is all zeros but for `next`, which chains the free slots.
struct Slot {
    private var word0: UInt64 = 0
    private var word1: UInt64
    private var word2: UInt64

    private static let linkMask: UInt64 = 0xFF_FFFF
    private static let stampMask: UInt64 = 0xFFF << 48
    private static let referencedBit: UInt64 = 1 << 60

    @inline(__always)
    init(hash: UInt64, location: Location, expirySeconds: UInt32) {
        word0 = location.rawValue
        word1 = (hash >> 32 & 0xFFFF) << 48
        word2 = UInt64(expirySeconds) << 32 | hash & 0xFFFF_FFFF
    }

    /// A free slot that is followed by `next` in the list of free ones.
    init(freeBefore next: UInt32) {
        word0 = 0
        word1 = UInt64(next) << 24
        word2 = 0
    }

    var isFree: Bool { word0 == 0 }

    /// The 48 hash bits kept here; with the shard's 6 and the tag's 8 they make 62.
    @inline(__always)
    var hashBits: UInt64 { (word1 >> 48) << 32 | word2 & 0xFFFF_FFFF }

    @inline(__always)
    func matches(_ hash: UInt64) -> Bool {
        UInt32(truncatingIfNeeded: word2) == UInt32(truncatingIfNeeded: hash)
            && word1 >> 48 == hash >> 32 & 0xFFFF
    }

    @inline(__always)
    var location: Location {
        get { Location(rawValue: word0) }
        set { word0 = word0 & ~Location.mask | newValue.rawValue }
    }

    @inline(__always)
    var expirySeconds: UInt32 {
        get { UInt32(truncatingIfNeeded: word2 >> 32) }
        set { word2 = word2 & 0xFFFF_FFFF | UInt64(newValue) << 32 }
    }

    /// Set by a read, cleared when the hot tier gives the entry its second chance.
    @inline(__always)
    var isReferenced: Bool {
        get { word0 & Self.referencedBit != 0 }
        set { word0 = newValue ? word0 | Self.referencedBit : word0 & ~Self.referencedBit }
    }

    /// When the slot last moved to the front of the recency list, in the shard's stamps.
    @inline(__always)
    var stamp: UInt16 {
        get { UInt16(truncatingIfNeeded: (word0 & Self.stampMask) >> 48) }
        set { word0 = word0 & ~Self.stampMask | UInt64(newValue) << 48 }
    }

    /// Uses of late, up to `usesMax`; with two queues.
    @inline(__always)
    var uses: UInt16 {
        get { stamp & Self.usesMax }
        set { stamp = stamp & ~Self.usesMax | newValue }
    }
    static let usesMax: UInt16 = 3

    /// The slot is in the main queue, and not in the small one; with two queues.
    @inline(__always)
    var isMain: Bool {
        get { stamp & Self.mainBit != 0 }
        set { stamp = newValue ? stamp | Self.mainBit : stamp & ~Self.mainBit }
    }
    private static let mainBit: UInt16 = 1 << 2

    @inline(__always)
    var previous: UInt32 {
        get { UInt32(truncatingIfNeeded: word1 & Self.linkMask) }
        set { word1 = word1 & ~Self.linkMask | UInt64(newValue) }
    }

    @inline(__always)
    var next: UInt32 {
        get { UInt32(truncatingIfNeeded: word1 >> 24 & Self.linkMask) }
        set { word1 = word1 & ~(Self.linkMask << 24) | UInt64(newValue) << 24 }
    }
}

extension Slot {
    /// Seconds since 1970 as a slot keeps them: rounded up, so that a slot is never early.
    @inline(__always)
    static func seconds(_ milliseconds: UInt64) -> UInt32 {
        if milliseconds == 0 { return 0 }
        return UInt32(clamping: (milliseconds &- 1) / 1000 &+ 1)
    }

    /// The second that `now` is in; a slot whose second is at most this has expired.
    @inline(__always)
    static func wholeSeconds(_ now: Timestamp) -> UInt32 { UInt32(clamping: now.rawValue / 1000) }
}
