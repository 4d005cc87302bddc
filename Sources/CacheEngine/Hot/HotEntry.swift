internal import CacheBase
internal import CacheFormat

/// One entry in a chunk of the hot tier: 40 bytes of head, then key, content type and value.
///
///     0  total bytes u32      head and content, padded to 8; 0 ends a chunk
///     4  owner u32            shard << 24 | slot id
///     8  segment location u64
///     16 LSN u64
///     24 expiry u64
///     32 value bytes u32
///     36 key bytes u16
///     38 content type bytes u8
struct HotEntry {
    static let headBytes = 40

    let head: UnsafeMutableRawPointer

    @inline(__always)
    static func bytes(_ entry: EntryContent) -> Int {
        aligned8(headBytes &+ entry.key.count &+ entry.contentType.count &+ entry.value.count)
    }

    /// Writes a whole entry at `head`, which has room for `bytes(entry)`.
    func write(_ entry: EntryContent, owner: UInt32, segment: Location) {
        head.put(UInt32(truncatingIfNeeded: Self.bytes(entry)), at: 0)
        head.put(owner, at: 4)
        head.put(segment.rawValue, at: 8)
        head.put(entry.lsn.rawValue, at: 16)
        head.put(entry.expiry.rawValue, at: 24)
        head.put(UInt32(truncatingIfNeeded: entry.value.count), at: 32)
        head.put(UInt16(truncatingIfNeeded: entry.key.count), at: 36)
        head.put(UInt16(truncatingIfNeeded: entry.contentType.count), at: 38)
        head.put(entry.key, at: Self.headBytes)
        head.put(entry.contentType, at: Self.headBytes &+ entry.key.count)
        head.put(entry.value, at: Self.headBytes &+ entry.key.count &+ entry.contentType.count)
    }

    private var bytes: UnsafeRawPointer { UnsafeRawPointer(head) }
    @inline(__always) var totalBytes: Int { Int(bytes.u32(0)) }
    var shard: Int { Int(bytes.u32(4) >> 24) }
    var slotID: UInt32 { bytes.u32(4) & 0xFF_FFFF }
    static func owner(shard: Int, slotID: UInt32) -> UInt32 { UInt32(shard) << 24 | slotID }

    /// Where the same entry is on disk.
    @inline(__always)
    var segment: Location {
        get { Location(rawValue: bytes.u64(8)) }
        nonmutating set { head.put(newValue.rawValue, at: 8) }
    }

    @inline(__always) var lsn: LSN { LSN(rawValue: bytes.u64(16)) }

    @inline(__always)
    var content: EntryContent {
        let keyBytes = Int(bytes.u16(36))
        let typeBytes = Int(bytes.u8(38))
        let key = bytes + Self.headBytes
        return EntryContent(
            key: UnsafeRawBufferPointer(start: key, count: keyBytes),
            contentType: UnsafeRawBufferPointer(start: key + keyBytes, count: typeBytes),
            value: UnsafeRawBufferPointer(
                start: key + keyBytes + typeBytes, count: Int(bytes.u32(32))),
            lsn: lsn, expiry: Expiry(rawValue: bytes.u64(24)))
    }
}
