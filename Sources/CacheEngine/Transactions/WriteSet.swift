internal import CacheBase
internal import CacheFormat

/// The writes of an open transaction, the last of each key, as the entries of a log record to be.
///
/// Keys are told apart by their hash, as everywhere before an entry is read.
/// Invariant: `entryBytes` is the sum of the writes' lengths.
struct WriteSet {
    struct Write {
        let kind: EntryKind
        let keyBytes: Int
        let typeBytes: Int
        let expiry: Expiry
        /// Head, key, content type and value, padded to 8 bytes.
        fileprivate(set) var entry: [UInt8]
        /// Of `entry` in the record; known from `seal` on.
        fileprivate(set) var offset = 0
    }

    private(set) var writes = KeyTable<Write>()
    private(set) var entryBytes = 0
    /// Of all keys, each once.
    private var partitions: [Partition] = []

    var count: Int { writes.count }

    /// Bytes of the record's payload.
    var payloadBytes: Int { TransactionHead.bytes + entryBytes }

    /// What the record of the writes is one of.
    var place: RecordPlace { RecordPlace(members: partitions) }

    /// Of the first key written; nil where none was.
    var firstPartition: Partition? { partitions.first }

    subscript(hash: UInt64) -> Write? { writes[hash] }

    /// What `set` would add to `entryBytes`, at least 0.
    func growth(_ hash: UInt64, entryBytes: Int) -> Int {
        max(0, entryBytes - (writes[hash]?.entry.count ?? 0))
    }

    mutating func set(_ hash: UInt64, _ write: Write, _ key: UnsafeRawBufferPointer) {
        let partition = Partition(keyChecksum: CRC32C.of(key))
        if !partitions.contains(partition) { partitions.append(partition) }
        entryBytes += write.entry.count - (writes[hash]?.entry.count ?? 0)
        writes.set(hash, write)
    }

    /// Forgets all writes, and keeps the room for a few.
    mutating func removeAll() {
        writes.removeAll()
        entryBytes = 0
        partitions.removeAll()
    }

    /// Gives every entry its place in the record.
    /// - Returns: the checksum of all of the payload.
    mutating func seal(_ head: TransactionHead) -> UInt32 {
        var sum = head.checksum
        var offset = TransactionHead.bytes
        writes.forEachValue { write in
            write.offset = offset
            write.entry.withUnsafeMutableBytes { raw in
                LogEntry.place(
                    raw.baseAddress.unsafelyUnwrapped, frameOffset: LogFrame.headBytes + offset)
                sum = CRC32C.extend(sum, UnsafeRawBufferPointer(raw))
            }
            offset += write.entry.count
        }
        return sum
    }

    /// Copies the entries to their places in the payload.
    func copy(to payload: UnsafeMutableRawPointer) {
        for write in writes.values {
            write.entry.withUnsafeBytes { payload.put($0, at: write.offset) }
        }
    }
}

extension WriteSet.Write {
    /// Length of the entry of such a write.
    static func entryBytes(key: Int, type: Int, value: Int) -> Int {
        aligned8(LogEntry.headBytes + key + type + value)
    }

    init(
        _ kind: EntryKind, _ key: UnsafeRawBufferPointer, type: UnsafeRawBufferPointer,
        value: UnsafeRawBufferPointer, expiry: Expiry
    ) {
        self.kind = kind
        self.expiry = expiry
        keyBytes = key.count
        typeBytes = type.count
        let contentBytes = LogEntry.headBytes + key.count + type.count + value.count
        let length = aligned8(contentBytes)
        entry = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            let head = UnsafeMutableRawPointer(buffer.baseAddress.unsafelyUnwrapped)
            head.put(UInt64(0), at: length - 8)
            LogEntry.writeHead(
                to: head, kind: kind, keyBytes: key.count, typeBytes: type.count,
                valueBytes: value.count, frameOffset: 0, expiry: expiry)
            head.put(key, at: LogEntry.headBytes)
            head.put(type, at: LogEntry.headBytes + key.count)
            head.put(value, at: LogEntry.headBytes + key.count + type.count)
            count = length
        }
    }

    /// Calls `body` with the entry as a read sees it. It has no version before the commit.
    func withView(_ body: (EntryView) -> Void) {
        entry.withUnsafeBytes { raw in
            let entry = LogEntry(trusting: raw.baseAddress.unsafelyUnwrapped)
            body(
                EntryView(
                    value: entry.value, contentType: entry.contentType, lsn: .zero,
                    expiry: expiry))
        }
    }

    func isOf(_ key: KeyView) -> Bool {
        entry.withUnsafeBytes { raw in
            equalBytes(LogEntry(trusting: raw.baseAddress.unsafelyUnwrapped).key, key.bytes)
        }
    }
}
