package import CacheBase
internal import CacheFormat

/// Operations that `Engine.apply` carries out together: all of them or none, and nobody sees a
/// state between.
///
/// Invariant: `payload` is the payload of the one log record that the writes will be.
package struct WriteBatch {
    struct Operation {
        enum Kind { case put, delete, read }
        let kind: Kind
        let hash: UInt64
        /// Of a write's entry in `payload`, or of a read's key in `readKeys`.
        let offset: Int
        let keyBytes: Int
        let expiry: Expiry
    }

    private(set) var operations: [Operation] = []
    private(set) var payload: [UInt8] = []
    private(set) var readKeys: [UInt8] = []
    private(set) var writes = 0
    private var partitions: Set<Partition> = []
    private let keyBytesMax: Int
    private let valueBytesMax: Int

    /// - Parameter options: of the engine that will apply it; its limits are checked as
    ///   operations are added.
    package init(for options: EngineOptions) {
        keyBytesMax = options.keyBytesMax
        valueBytesMax = options.valueBytesMax
    }

    package var count: Int { operations.count }

    /// Adds a write. The bytes are copied. Errors as `Engine.put`.
    package mutating func put(
        _ key: KeyView, value: UnsafeRawBufferPointer, contentType: UnsafeRawBufferPointer,
        expiry: Expiry
    ) throws(StorageError) {
        try check(key, valueBytes: value.count, typeBytes: contentType.count)
        let offset = payload.count
        addHead(.put, key, typeBytes: contentType.count, valueBytes: value.count, expiry)
        payload.append(contentsOf: key.bytes)
        payload.append(contentsOf: contentType)
        payload.append(contentsOf: value)
        pad()
        note(.put, key, offset, expiry)
    }

    /// Adds a delete.
    package mutating func remove(_ key: KeyView) throws(StorageError) {
        try check(key, valueBytes: 0, typeBytes: 0)
        let offset = payload.count
        addHead(.delete, key, typeBytes: 0, valueBytes: 0, .never)
        payload.append(contentsOf: key.bytes)
        pad()
        note(.delete, key, offset, .never)
    }

    /// Adds a read, which sees the operations before it.
    package mutating func read(_ key: KeyView) throws(StorageError) {
        try check(key, valueBytes: 0, typeBytes: 0)
        let offset = readKeys.count
        readKeys.append(contentsOf: key.bytes)
        operations.append(
            Operation(
                kind: .read, hash: key.hash, offset: offset, keyBytes: key.bytes.count,
                expiry: .never))
    }

    /// The shards that the operations touch.
    var shards: UInt64 {
        operations.reduce(0) { $0 | 1 << UInt64(KeyIndex.shardNumber($1.hash)) }
    }

    /// What the record of the writes is one of.
    var place: RecordPlace { RecordPlace(members: Array(partitions)) }

    private func check(
        _ key: KeyView, valueBytes: Int, typeBytes: Int
    ) throws(StorageError) {
        if key.bytes.isEmpty { throw StorageError(.invalid, "the key is empty") }
        if key.bytes.count > keyBytesMax {
            throw StorageError(.tooLarge, "the key is longer than \(keyBytesMax) bytes")
        }
        if valueBytes > valueBytesMax {
            throw StorageError(.tooLarge, "the value is longer than \(valueBytesMax) bytes")
        }
        if typeBytes > Limits.contentTypeBytesMax {
            throw StorageError(
                .tooLarge, "the content type is longer than \(Limits.contentTypeBytesMax) bytes")
        }
        if operations.count >= Limits.batchWritesMax {
            throw StorageError(
                .tooLarge, "a batch has at most \(Limits.batchWritesMax) operations")
        }
        if payload.count + valueBytes + key.bytes.count + 1024 > Limits.recordPayloadBytesMax {
            throw StorageError(
                .tooLarge, "a batch has at most \(Limits.recordPayloadBytesMax) bytes")
        }
    }

    private mutating func addHead(
        _ kind: EntryKind, _ key: KeyView, typeBytes: Int, valueBytes: Int, _ expiry: Expiry
    ) {
        let offset = payload.count
        payload.append(contentsOf: repeatElement(0, count: LogEntry.headBytes))
        payload.withUnsafeMutableBytes { raw in
            LogEntry.writeHead(
                to: raw.baseAddress.unsafelyUnwrapped + offset, kind: kind,
                keyBytes: key.bytes.count, typeBytes: typeBytes, valueBytes: valueBytes,
                frameOffset: LogFrame.headBytes + offset, expiry: expiry)
        }
    }

    private mutating func pad() {
        payload.append(contentsOf: repeatElement(0, count: aligned8(payload.count) - payload.count))
    }

    private mutating func note(
        _ kind: Operation.Kind, _ key: KeyView, _ offset: Int, _ expiry: Expiry
    ) {
        operations.append(
            Operation(
                kind: kind, hash: key.hash, offset: offset, keyBytes: key.bytes.count,
                expiry: expiry))
        partitions.insert(Partition(keyChecksum: CRC32C.of(key.bytes)))
        writes += 1
    }
}

/// What one operation of a batch came to.
package enum BatchOutcome: Sendable {
    case written(WriteReceipt.Outcome)
    case miss
    case entry(OwnedEntry)
    /// The entry is there, and was not copied: the batch's reads would exceed
    /// `Limits.batchReadBytesMax`.
    case overLimit
    /// The entry is in a segment: read it with `Engine.readCold`.
    case cold(ColdRead)
}

/// A copy of an entry.
package struct OwnedEntry: Sendable, Hashable {
    package let value: [UInt8]
    package let contentType: [UInt8]
    package let lsn: LSN
    package let expiry: Expiry

    init(_ content: EntryContent) {
        value = Array(content.value)
        contentType = Array(content.contentType)
        lsn = content.lsn
        expiry = content.expiry
    }
}
