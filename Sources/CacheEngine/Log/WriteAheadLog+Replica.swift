internal import CacheBase
internal import CacheFormat

/// Records that are copies of another node's, and what this node is to each partition.
extension WriteAheadLog {
    /// Appends a frame of records that another node has numbered, each the next of its partition.
    ///
    /// Called under the locks of the shards that the writes touch.
    /// - Throws: as `append`; `invalid` where a record is not the next, or this node leads its
    ///   partition: nothing was appended.
    func appendCopy(
        of records: [ShippedRecord], payloadBytes: Int, payloadChecksum: UInt32, entries: Int,
        _ fill: (UnsafeMutableRawPointer) -> Void
    ) throws(StorageError) -> Appended {
        let place = RecordPlace(members: records.map(\.partition))
        return try state.withLock { state throws(StorageError) in
            for record in records {
                let own = state.partitions[Int(record.partition.rawValue)]
                let isNext =
                    own.sequence &+ 1 == record.sequence || omissions.contains(.deduplication)
                guard isNext, !own.isLed || omissions.contains(.fencing) else {
                    throw StorageError(
                        .invalid,
                        "record \(record.sequence) of partition \(record.partition.rawValue) "
                            + "does not follow \(own.sequence)")
                }
            }
            try admit(&state, frameBytes: LogFrame.headBytes + aligned8(payloadBytes))
            fill(state.base + state.offset + LogFrame.headBytes)
            for record in records {
                let number = Int(record.partition.rawValue)
                state.partitions[number].sequence = record.sequence
                state.partitions[number].epoch = record.epoch
            }
            let number = Int(place.partition.rawValue)
            if records.count > 1 { state.partitions[number].sequence &+= 1 }
            return write(
                &state, payloadBytes: payloadBytes, payloadChecksum: payloadChecksum,
                entries: entries, kind: .writes, place: place,
                sequence: state.partitions[number].sequence, epoch: records[0].epoch)
        }
    }

    /// Says that the partition's entries are those of a sequence, or of none: nil.
    func setPosition(
        _ partition: Partition, _ sequence: UInt64?, _ epoch: Epoch
    ) throws(StorageError) {
        try state.withLock { state throws(StorageError) in
            let number = Int(partition.rawValue)
            precondition(!state.partitions[number].isLed, "who leads has his position")
            try admit(&state, frameBytes: LogFrame.headBytes)
            state.partitions[number].sequence = sequence ?? LogFrame.noPosition
            state.partitions[number].epoch = epoch
            write(
                &state, payloadBytes: 0, payloadChecksum: 0, entries: 0, kind: .position,
                place: RecordPlace(partition), sequence: state.partitions[number].sequence,
                epoch: epoch)
            state.partitions[number].positionedAt = LSN(rawValue: state.nextLSN.rawValue - 1)
        }
    }

    /// Takes clients' writes of the partition from now on.
    func lead(_ partition: Partition, _ epoch: Epoch) {
        state.withLock { state in
            let number = Int(partition.rawValue)
            precondition(state.partitions[number].hasPosition, "it has not all of the entries")
            state.partitions[number].isLed = true
            state.partitions[number].epoch = epoch
        }
    }

    /// Takes no clients' writes of the partition from now on.
    func follow(_ partition: Partition) {
        state.withLock { $0.partitions[Int(partition.rawValue)].isLed = false }
    }

    /// Of the newest record of a partition.
    func sequence(of partition: Partition) -> UInt64 {
        state.withLock { $0.partitions[Int(partition.rawValue)].sequence }
    }

    /// How each partition stands, by number.
    func standings() -> [PartitionLog] {
        state.withLock { Array($0.partitions[..<Limits.partitions]) }
    }
}

// MARK: - Reading from behind

extension WriteAheadLog {
    /// The newest place from which a reader sees all records after those that it has.
    /// - Parameter has: the newest sequence of each partition that it has and wants more of.
    func mark(behind has: [Partition: UInt64]) -> LogMark? {
        state.withLock { state in
            state.marks.last { mark in
                has.allSatisfy { partition, sequence in
                    mark.sequences[Int(partition.rawValue)] <= sequence
                }
            }
        }
    }

    /// The partitions whose records behind these are not all in the log.
    func outrun(_ has: [Partition: UInt64]) -> [Partition] {
        state.withLock { state in
            guard let oldest = state.marks.first else { return Array(has.keys) }
            return has.filter { oldest.sequences[Int($0.key.rawValue)] > $0.value }.map(\.key)
        }
    }

    /// Keeps files of the log for readers that are behind the flusher.
    func keepFiles(_ filesKept: UInt64, atMost filesMax: UInt64) {
        state.withLock { state in
            state.pins.filesKept = filesKept
            state.pins.filesMax = max(filesKept, filesMax)
        }
    }

    func pin(_ file: UInt64) -> UInt64 { state.withLock { $0.pins.pin(file) } }
    func movePin(_ pin: UInt64, to file: UInt64) { state.withLock { $0.pins.move(pin, to: file) } }
    func unpin(_ pin: UInt64) { state.withLock { $0.pins.unpin(pin) } }
}
