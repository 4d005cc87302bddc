package import CacheBase

/// Collects entries and packs them into one block.
///
/// Invariant: `directory` and `contents` describe the same entries, in the order added.
package struct BlockBuilder {
    private var directory = BlockDirectoryWriter()
    private var contents: [UInt8] = []

    package init() {}

    package var entries: Int { directory.entries }
    package var isEmpty: Bool { directory.entries == 0 }
    /// Bytes before compression.
    package var rawBytes: Int { directory.bytes.count + contents.count }

    /// Copies an entry in; at most `BlockHead.entriesMax` of them.
    package mutating func add(
        key: UnsafeRawBufferPointer, contentType: UnsafeRawBufferPointer,
        value: UnsafeRawBufferPointer, lsn: LSN, expiry: Expiry
    ) {
        precondition(entries < BlockHead.entriesMax)
        directory.add(
            keyBytes: key.count, typeBytes: contentType.count, valueBytes: value.count,
            lsn: lsn, expiry: expiry)
        contents.append(contentsOf: key)
        contents.append(contentsOf: contentType)
        contents.append(contentsOf: value)
    }

    /// Appends the finished block, padded to 8 bytes, to `output`, and empties the builder.
    package mutating func finish(
        into output: inout [UInt8], segment: SegmentID, firstOrdinal: UInt32,
        compressor: Compressor, thorough: Bool
    ) {
        precondition(!isEmpty)
        let directoryBytes = directory.bytes.count
        var raw = directory.bytes
        raw.append(contentsOf: contents)
        let start = output.count
        let room = BlockHead.bytes + Compressor.bound(raw.count) + 8
        output.append(contentsOf: repeatElement(0, count: room))
        let end = output.withUnsafeMutableBytes { buffer -> Int in
            let base = buffer.baseAddress! + start
            let target = UnsafeMutableRawBufferPointer(
                start: base + BlockHead.bytes, count: room - BlockHead.bytes)
            let (stored, used) = raw.withUnsafeBytes { source -> (Int, Codec) in
                if let done = compressor.compress(source, into: target, thorough: thorough) {
                    return done
                }
                target.copyMemory(from: source)
                return (source.count, .raw)
            }
            let head = BlockHead(
                storedBytes: UInt32(stored), rawBytes: UInt32(raw.count),
                entries: UInt16(directory.entries), codec: used,
                directoryBytes: UInt32(directoryBytes), firstOrdinal: firstOrdinal,
                segment: segment, baseLSN: directory.baseLSN)
            head.seal(at: base)
            let padded = aligned8(BlockHead.bytes + stored)
            for at in (BlockHead.bytes + stored)..<padded { base.put(UInt8(0), at: at) }
            return start + padded
        }
        output.removeLast(output.count - end)
        directory.reset()
        contents.removeAll(keepingCapacity: true)
    }
}
