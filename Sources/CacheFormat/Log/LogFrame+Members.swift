package import CacheBase

extension LogFrame {
    /// Bytes of the payload before its entries.
    package var entriesStart: Int { kind == .commit ? TransactionHead.bytes : 0 }

    /// The partitions of the frame's keys, each once, in the order in which they appear.
    ///
    /// Reads every length once, and so trusts nothing of a payload that may change meanwhile.
    /// - Complexity: O(bytes of keys + entries · partitions).
    package func members(_ payload: UnsafeRawBufferPointer) -> [Partition] {
        var members: [Partition] = []
        var at = entriesStart
        for _ in 0..<entries {
            guard let extent = LogEntryExtent(in: payload, at: at) else { break }
            let key = UnsafeRawBufferPointer(rebasing: payload[extent.key])
            let partition = Partition(keyChecksum: CRC32C.of(key))
            if !members.contains(partition) { members.append(partition) }
            at += aligned8(extent.contentBytes)
        }
        return members
    }
}
