package import CacheBase

/// One entry as a block's directory describes it.
package struct BlockEntry: Sendable, Equatable {
    package var keyBytes: Int
    package var typeBytes: Int
    package var valueBytes: Int
    package var lsn: LSN
    package var expiry: Expiry
    /// Where the key begins in the block's raw bytes; content type and value follow.
    package var offset: Int

    package var end: Int { offset + keyBytes + typeBytes + valueBytes }
}

/// Walks the directory of a block: for each entry the varints of key length, content type length,
/// value length, LSN difference (zigzag, from the entry before) and expiry difference (likewise).
package struct BlockDirectoryReader {
    // `Limits.keyBytesCeiling` and `contentTypeBytesMax`, as constants the loop can fold.
    private static let keyBytesMax: UInt64 = 8191
    private static let typeBytesMax: UInt64 = 255

    private var varints: VarintReader
    private var previousLSN: UInt64
    private var previousExpiry: UInt64 = 0
    private var offset: Int
    private var left: Int
    private let rawBytes: Int

    /// `directory` holds the block's first `head.directoryBytes` raw bytes.
    package init(_ head: BlockHead, directory: UnsafeRawBufferPointer) {
        varints = VarintReader(directory)
        previousLSN = head.baseLSN.rawValue
        offset = Int(head.directoryBytes)
        left = Int(head.entries)
        rawBytes = Int(head.rawBytes)
    }

    /// The next entry; nil after the last, or where the directory makes no sense.
    package mutating func next() -> BlockEntry? {
        guard left > 0, let key = varints.next(), let type = varints.next(),
            let value = varints.next(), let lsn = varints.next(), let expiry = varints.next(),
            key > 0, key <= Self.keyBytesMax,
            type <= Self.typeBytesMax, value <= UInt64(rawBytes)
        else { return nil }
        left &-= 1
        previousLSN &+= UInt64(bitPattern: Varint.unzigzag(lsn))
        previousExpiry &+= UInt64(bitPattern: Varint.unzigzag(expiry))
        let entry = BlockEntry(
            keyBytes: Int(key), typeBytes: Int(type), valueBytes: Int(value),
            lsn: LSN(rawValue: previousLSN), expiry: Expiry(rawValue: previousExpiry),
            offset: offset)
        guard entry.end <= rawBytes, previousLSN < Limits.numberCeiling else { return nil }
        offset = entry.end
        return entry
    }
}

/// Writes the directory of a block, in the form that `BlockDirectoryReader` reads.
struct BlockDirectoryWriter {
    private(set) var bytes: [UInt8] = []
    private(set) var baseLSN = LSN.zero
    private var previousLSN: UInt64 = 0
    private var previousExpiry: UInt64 = 0
    private(set) var entries = 0

    mutating func add(
        keyBytes: Int, typeBytes: Int, valueBytes: Int, lsn: LSN, expiry: Expiry
    ) {
        if entries == 0 {
            baseLSN = lsn
            previousLSN = lsn.rawValue
        }
        append(UInt64(keyBytes))
        append(UInt64(typeBytes))
        append(UInt64(valueBytes))
        append(Varint.zigzag(Int64(bitPattern: lsn.rawValue &- previousLSN)))
        append(Varint.zigzag(Int64(bitPattern: expiry.rawValue &- previousExpiry)))
        previousLSN = lsn.rawValue
        previousExpiry = expiry.rawValue
        entries += 1
    }

    mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        previousExpiry = 0
        entries = 0
    }

    private mutating func append(_ value: UInt64) {
        if value < 0x80 {
            bytes.append(UInt8(value))
            return
        }
        withUnsafeTemporaryAllocation(byteCount: Varint.bytesMax, alignment: 1) { room in
            let count = Varint.write(value, to: room.baseAddress!)
            bytes.append(contentsOf: room.prefix(count))
        }
    }
}
