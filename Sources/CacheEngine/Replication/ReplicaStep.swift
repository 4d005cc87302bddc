internal import CacheBase
internal import CacheFormat

/// Entries that another node sent, checked and laid out as the payload of one frame.
///
/// Invariant: every entry of `payload` is whole, and `operations` names each in order.
struct ReplicaStep {
    struct Operation {
        let kind: EntryKind
        let hash: UInt64
        let offset: Int
        let expiry: Expiry
    }

    private(set) var payload: [UInt8] = []
    private(set) var operations: [Operation] = []
    private(set) var records: [ShippedRecord] = []
    /// The shards that the operations touch.
    private(set) var shards: UInt64 = 0

    var isEmpty: Bool { operations.isEmpty && records.isEmpty }

    /// Adds a record's entries.
    /// - Throws: `corruption` where they are not whole, or not of the record's partition.
    mutating func add(
        _ record: ShippedRecord, _ entries: UnsafeRawBufferPointer, _ hash: KeyHash
    ) throws(StorageError) {
        var at = 0
        for _ in 0..<record.entries {
            let partition = try add(entryAt: &at, of: entries, hash)
            guard partition == record.partition else {
                throw Self.damage("an entry is of another partition than its record")
            }
        }
        guard at == entries.count else { throw Self.damage("bytes are left behind a record") }
        records.append(record)
    }

    /// Adds one entry, and moves `at` behind it.
    /// - Returns: its key's partition.
    @discardableResult
    mutating func add(
        entryAt at: inout Int, of entries: UnsafeRawBufferPointer, _ hash: KeyHash
    ) throws(StorageError) -> Partition {
        guard let extent = LogEntryExtent(in: entries, at: at),
            extent.key.count <= Limits.keyBytesCeiling,
            extent.value.count <= Limits.valueBytesCeiling
        else { throw Self.damage("an entry is not whole") }
        let end = at + aligned8(extent.contentBytes)
        guard end <= entries.count, operations.count < Int(UInt16.max),
            payload.count + end - at <= Limits.recordPayloadBytesMax
        else { throw Self.damage("an entry is not whole, or a record too large") }
        let offset = payload.count
        payload.append(contentsOf: entries[at..<end])
        let expiry = payload.withUnsafeMutableBytes { raw in
            let head = raw.baseAddress.unsafelyUnwrapped + offset
            LogEntry.place(head, frameOffset: LogFrame.headBytes + offset)
            return LogEntry(trusting: UnsafeRawPointer(head)).expiry
        }
        let key = UnsafeRawBufferPointer(rebasing: entries[extent.key])
        let keyHash = hash(key)
        operations.append(
            Operation(kind: extent.kind, hash: keyHash, offset: offset, expiry: expiry))
        shards |= 1 << UInt64(KeyIndex.shardNumber(keyHash))
        at = end
        return Partition(keyChecksum: CRC32C.of(key))
    }

    /// Adds the removal of a key.
    mutating func remove(_ key: UnsafeRawBufferPointer, _ hash: UInt64) {
        let offset = payload.count
        let length = aligned8(LogEntry.headBytes + key.count)
        payload.append(contentsOf: repeatElement(0, count: length))
        payload.withUnsafeMutableBytes { raw in
            let head = raw.baseAddress.unsafelyUnwrapped + offset
            LogEntry.writeHead(
                to: head, kind: .delete, keyBytes: key.count, typeBytes: 0, valueBytes: 0,
                frameOffset: LogFrame.headBytes + offset, expiry: .never)
            head.put(key, at: LogEntry.headBytes)
        }
        operations.append(Operation(kind: .delete, hash: hash, offset: offset, expiry: .never))
        shards |= 1 << UInt64(KeyIndex.shardNumber(hash))
    }

    /// Room for what comes next; the memory is kept.
    mutating func removeAll() {
        payload.removeAll(keepingCapacity: true)
        operations.removeAll(keepingCapacity: true)
        records.removeAll(keepingCapacity: true)
        shards = 0
    }

    static func damage(_ what: String) -> StorageError {
        StorageError(.corruption, "what another node sent makes no sense: " + what)
    }
}

extension EngineParts {
    /// Appends a step to the log and points the index at its entries.
    /// - Throws: as `WriteAheadLog.append` and `appendCopy`; nothing was applied.
    func apply(_ step: ReplicaStep) throws(StorageError) {
        guard !step.isEmpty else { return }
        let checksum = step.payload.withUnsafeBytes { CRC32C.of($0) }
        let (records, operations) = (step.records, step.operations)
        try index.withShards(step.shards) { () throws(StorageError) in
            let fill: (UnsafeMutableRawPointer) -> Void = { target in
                step.payload.withUnsafeBytes { target.put($0, at: 0) }
            }
            let appended =
                records.isEmpty
                ? try log.append(
                    payloadBytes: step.payload.count, payloadChecksum: checksum,
                    entries: operations.count, place: .unnumbered, fill)
                : try log.appendCopy(
                    of: records, payloadBytes: step.payload.count, payloadChecksum: checksum,
                    entries: operations.count, fill)
            for operation in operations {
                index.withHeldShard(of: operation.hash) { shard in
                    point(
                        operation.kind, operation.hash,
                        at: .log(
                            fileSlot: appended.fileSlot,
                            offset: appended.offset + operation.offset),
                        expiry: operation.expiry, lsn: appended.lsn, shard.find(operation.hash),
                        &shard)
                }
            }
        }
    }
}
