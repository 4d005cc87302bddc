internal import CacheBase

/// A whole entry, key included, wherever it lies; borrowed.
struct EntryContent {
    let key: UnsafeRawBufferPointer
    let contentType: UnsafeRawBufferPointer
    let value: UnsafeRawBufferPointer
    let lsn: LSN
    let expiry: Expiry

    @inline(__always)
    var view: EntryView {
        EntryView(value: value, contentType: contentType, lsn: lsn, expiry: expiry)
    }

    /// True where the entry is of this key; hashes are trusted nowhere.
    @inline(__always)
    func isOf(_ key: KeyView) -> Bool { equalBytes(self.key, key.bytes) }
}

@inline(__always)
func equalBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    guard let first = left.baseAddress, let second = right.baseAddress else { return true }
    var offset = 0
    while left.count &- offset >= 8 {
        let one = first.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        let other = second.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        if one != other { return false }
        offset &+= 8
    }
    while offset < left.count {
        if left[offset] != right[offset] { return false }
        offset &+= 1
    }
    return true
}
