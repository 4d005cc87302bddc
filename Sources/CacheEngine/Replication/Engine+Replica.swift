package import CacheBase
internal import CacheFormat

/// How a partition stands in this node's log.
package struct PartitionStanding: Sendable, Equatable {
    /// Of the newest record; nil where the entries are those of no position.
    package let sequence: UInt64?
    /// Of the newest record, or of the leadership here.
    package let epoch: Epoch
    /// Clients' writes are taken here.
    package let isLed: Bool
}

/// What a replica does: take other nodes' records, and change between leading and following.
extension Engine {
    /// How each partition stands, by number.
    package func standings() -> [PartitionStanding] {
        parts.log.standings().map {
            PartitionStanding(
                sequence: $0.hasPosition ? $0.sequence : nil, epoch: $0.epoch, isLed: $0.isLed)
        }
    }

    /// Takes clients' writes of these partitions from now on, in these epochs.
    package func lead(_ partitions: [(partition: Partition, epoch: Epoch)]) {
        for (partition, epoch) in partitions { parts.log.lead(partition, epoch) }
    }

    /// Takes no clients' writes of these partitions from now on: they fail `notPrimary`. When it
    /// returns, `standings` tells the last record of each.
    package func follow(_ partitions: [Partition]) {
        for partition in partitions { parts.log.follow(partition) }
    }

    /// Applies what a `LogShipper` of the partitions' primary gave out. Records that are here
    /// already are passed over.
    /// - Returns: records applied.
    /// - Throws: `corruption` where the bytes make no sense; `invalid` where a record is missing
    ///   before one; what is before that is applied. As `put`.
    package func apply(records: UnsafeRawBufferPointer) throws(StorageError) -> Int {
        var step = ReplicaStep()
        var (at, applied) = (0, 0)
        var sequences: [Partition: UInt64] = [:]
        while at < records.count {
            let rest = UnsafeRawBufferPointer(rebasing: records[at...])
            guard let record = ShippedRecord(rest) else {
                throw ReplicaStep.damage("a record is not whole")
            }
            let known =
                sequences[record.partition] ?? parts.log.sequence(of: record.partition)
            // What has no position takes no record: then this one is behind everything.
            if record.sequence > known || known == LogFrame.noPosition
                || options.unsafeOmissions.contains(.deduplication)
            {
                let payload = rest[ShippedRecord.headBytes..<record.bytes]
                try step.add(record, UnsafeRawBufferPointer(rebasing: payload), parts.hash)
                sequences[record.partition] = record.sequence
            }
            at += record.bytes
            if record.goesOn { continue }
            try parts.apply(step)
            applied += step.records.count
            step.removeAll()
        }
        guard step.isEmpty else { throw ReplicaStep.damage("the last step is not whole") }
        return applied
    }

    /// Applies entries that a `PartitionScan` of the partitions' primary gave out; they are no
    /// records of the partitions, which have no position meanwhile.
    /// - Throws: as `apply(records:)`.
    package func apply(copies entries: UnsafeRawBufferPointer) throws(StorageError) {
        var step = ReplicaStep()
        var at = 0
        while at < entries.count {
            try step.add(entryAt: &at, of: entries, parts.hash)
            if step.operations.count == Limits.copiesPerRecord {
                try parts.apply(step)
                step.removeAll()
            }
        }
        try parts.apply(step)
    }

    /// Applies what a `LogShipper` gave out to partitions that are being copied: its entries alone,
    /// which are no records of the partitions yet.
    /// - Throws: as `apply(records:)`.
    package func apply(entriesOf records: UnsafeRawBufferPointer) throws(StorageError) {
        var step = ReplicaStep()
        var at = 0
        while at < records.count {
            let rest = UnsafeRawBufferPointer(rebasing: records[at...])
            guard let record = ShippedRecord(rest) else {
                throw ReplicaStep.damage("a record is not whole")
            }
            let payload = UnsafeRawBufferPointer(
                rebasing: rest[ShippedRecord.headBytes..<record.bytes])
            var entry = 0
            while entry < payload.count { try step.add(entryAt: &entry, of: payload, parts.hash) }
            at += record.bytes
            if record.goesOn { continue }
            try parts.apply(step)
            step.removeAll()
        }
        guard step.isEmpty else { throw ReplicaStep.damage("the last step is not whole") }
    }

    /// Says which record of a partition its entries are those of; nil while they are being
    /// replaced. The partition is not led here.
    package func setPosition(
        _ partition: Partition, _ sequence: UInt64?, _ epoch: Epoch
    ) throws(StorageError) {
        try parts.log.setPosition(partition, sequence, epoch)
    }

    /// Begins to read the records of partitions for a replica.
    /// - Parameter has: of each partition, the newest sequence that the replica has.
    /// - Returns: nil where the log does not hold all that is newer.
    package func ship(behind has: [Partition: UInt64]) -> LogShipper? {
        LogShipper(parts, behind: has)
    }

    /// Keeps so many bytes of the log for replicas that are behind; those that are being read, up
    /// to the larger bound.
    package func keepLog(bytes: UInt64, whileReadBytes: UInt64) {
        let file = UInt64(parts.sizes.logFileBytes)
        parts.log.keepFiles(bytes / file, atMost: whileReadBytes / file)
    }
}

extension Engine {
    /// The partitions whose records behind these the log does not hold any more.
    package func outrun(_ has: [Partition: UInt64]) -> [Partition] { parts.log.outrun(has) }
}
