package import CacheBase

/// What one entry of a frame does. The numbers are on disk and never change.
@frozen
package enum EntryKind: UInt8, Sendable {
    case put = 1
    case delete = 2
}

/// One entry inside a frame's payload: 24 bytes of head, then key, content type and value, padded
/// to 8 bytes. The key index points at this head.
///
///     0  value bytes u32
///     4  key bytes u16
///     6  content type bytes u8
///     7  kind u8
///     8  frame offset u32    bytes from the frame's head back from here
///     12 reserved u32        0
///     16 expiry u64          milliseconds since 1970, 0 never
package struct LogEntry {
    @inlinable package static var headBytes: Int { 24 }

    /// The entry's head, inside a verified frame.
    package let head: UnsafeRawPointer

    /// Trusts `head`: only for memory that this process wrote or verified.
    @inlinable @inline(__always)
    package init(trusting head: UnsafeRawPointer) { self.head = head }

    /// The entry at `offset` of a verified frame's payload; nil where its lengths do not fit.
    package init?(in payload: UnsafeRawBufferPointer, at offset: Int) {
        guard let base = payload.baseAddress, offset >= 0, payload.count - offset >= Self.headBytes
        else { return nil }
        head = base + offset
        guard EntryKind(rawValue: head.u8(7)) != nil, keyBytes > 0,
            payload.count - offset >= contentBytes,
            Int(head.u32(8)) == offset + LogFrame.headBytes
        else { return nil }
    }

    @inlinable @inline(__always) package var valueBytes: Int { Int(head.u32(0)) }
    @inlinable @inline(__always) package var keyBytes: Int { Int(head.u16(4)) }
    @inlinable @inline(__always) package var typeBytes: Int { Int(head.u8(6)) }
    @inlinable package var kind: EntryKind {
        head.u8(7) == EntryKind.delete.rawValue ? .delete : .put
    }
    @inlinable @inline(__always) package var expiry: Expiry { Expiry(rawValue: head.u64(16)) }

    /// The version: the LSN of the frame that the entry is in.
    @inlinable @inline(__always)
    package var lsn: LSN { LSN(rawValue: (head - Int(head.u32(8))).u64(8)) }

    @inlinable @inline(__always)
    package var key: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: head + Self.headBytes, count: keyBytes)
    }

    @inlinable @inline(__always)
    package var contentType: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: head + Self.headBytes + keyBytes, count: typeBytes)
    }

    @inlinable @inline(__always)
    package var value: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: head + Self.headBytes + keyBytes + typeBytes, count: valueBytes)
    }

    /// Head and content, without padding.
    @inlinable package var contentBytes: Int { Self.headBytes + keyBytes + typeBytes + valueBytes }

    /// Gives a written entry another place in its frame.
    @inlinable @inline(__always)
    package static func place(_ head: UnsafeMutableRawPointer, frameOffset: Int) {
        head.put(UInt32(truncatingIfNeeded: frameOffset), at: 8)
    }

    /// Writes the head alone; key, content type and value follow it.
    @inlinable @inline(__always)
    package static func writeHead(
        to target: UnsafeMutableRawPointer, kind: EntryKind, keyBytes: Int, typeBytes: Int,
        valueBytes: Int, frameOffset: Int, expiry: Expiry
    ) {
        target.put(UInt32(truncatingIfNeeded: valueBytes), at: 0)
        target.put(UInt16(truncatingIfNeeded: keyBytes), at: 4)
        target.put(UInt8(truncatingIfNeeded: typeBytes), at: 6)
        target.put(kind.rawValue, at: 7)
        target.put(UInt64(UInt32(truncatingIfNeeded: frameOffset)), at: 8)
        target.put(expiry.rawValue, at: 16)
    }
}

/// The extents of an entry in a payload that may change under the reader: each length is read once
/// and then trusted no further than the payload goes.
package struct LogEntryExtent {
    package let kind: EntryKind
    /// Of the key in the payload.
    package let key: Range<Int>
    /// Of the value in the payload.
    package let value: Range<Int>
    /// Head and content, without padding.
    package let contentBytes: Int

    /// The entry at `offset`; nil where its lengths do not fit.
    package init?(in payload: UnsafeRawBufferPointer, at offset: Int) {
        guard let base = payload.baseAddress, offset >= 0,
            payload.count - offset >= LogEntry.headBytes,
            let kind = EntryKind(rawValue: (base + offset).u8(7))
        else { return nil }
        let head = base + offset
        let valueBytes = Int(head.u32(0))
        let keyBytes = Int(head.u16(4))
        let typeBytes = Int(head.u8(6))
        let contentBytes = LogEntry.headBytes + keyBytes + typeBytes + valueBytes
        guard keyBytes > 0, payload.count - offset >= contentBytes else { return nil }
        self.kind = kind
        let start = offset + LogEntry.headBytes
        key = start..<(start + keyBytes)
        value = (key.upperBound + typeBytes)..<(offset + contentBytes)
        self.contentBytes = contentBytes
    }
}
