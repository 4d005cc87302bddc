package import CacheBase
internal import CacheFormat

extension Engine {
    /// Removes every entry of some partitions, which are not led here and have no position.
    ///
    /// - Returns: how many there were.
    /// - Throws: `overloaded` where the log was flushed too far meanwhile: to be tried again; as
    ///   `PartitionScan.next`.
    /// - Complexity: reads all that is stored; waits for the disk.
    package func removeEntries(of partitions: Set<Partition>) throws(StorageError) -> Int {
        let scan = try PartitionScan(parts, partitions)
        var removal = PartitionRemoval(parts)
        while let page = try scan.next(bytesMax: Limits.followedValueBytesPerPage) {
            page.withUnsafeBytes { page in
                var at = 0
                while let extent = LogEntryExtent(in: page, at: at) {
                    removal.add(UnsafeRawBufferPointer(rebasing: page[extent.key]))
                    at += aligned8(extent.contentBytes)
                }
            }
            try removal.run()
        }
        // What it writes itself needs no removal.
        try scan.forEachLoggedKey(upTo: removal.start) { removal.add($0) }
        try removal.run()
        return removal.count
    }
}

/// Removes entries, some in one record of no partition.
private struct PartitionRemoval {
    private let parts: EngineParts
    /// The newest record when it began.
    let start: LSN
    private(set) var count = 0
    private var keys: [[UInt8]] = []

    init(_ parts: EngineParts) {
        self.parts = parts
        start = parts.log.lastLSN
    }

    /// Notes a key whose entry is to go, where there is one.
    mutating func add(_ key: UnsafeRawBufferPointer) {
        let hash = parts.hash(key)
        if parts.index.withShard(of: hash, { $0.find(hash) != 0 }) { keys.append(Array(key)) }
    }

    /// Removes what was noted.
    mutating func run() throws(StorageError) {
        var step = ReplicaStep()
        for key in keys {
            key.withUnsafeBytes { step.remove($0, parts.hash($0)) }
            if step.operations.count == Limits.copiesPerRecord {
                try parts.apply(step)
                step.removeAll()
            }
        }
        try parts.apply(step)
        count += keys.count
        keys.removeAll()
    }
}
