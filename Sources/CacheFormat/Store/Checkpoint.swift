package import CacheBase

/// A place in the log: the frame that begins there has `lsn` and follows `predecessor`.
package struct LogPosition: Sendable, Equatable {
    package var file: UInt64
    package var offset: UInt64
    package var lsn: LSN
    package var predecessor: UInt32

    package init(file: UInt64, offset: UInt64, lsn: LSN, predecessor: UInt32) {
        self.file = file
        self.offset = offset
        self.lsn = lsn
        self.predecessor = predecessor
    }
}

/// Which entries of a segment are live.
package struct SegmentLiveness: Sendable, Equatable {
    package var id: SegmentID
    package var entries: UInt32
    /// One bit an ordinal, set while live; `(entries + 63) / 64` words.
    package var bitmap: [UInt64]

    package init(id: SegmentID, entries: UInt32, bitmap: [UInt64]) {
        self.id = id
        self.entries = entries
        self.bitmap = bitmap
    }
}

/// A durable image of what is live at one place in the log; with the log after that place it is
/// the whole store. The file `CHECKPOINT` is replaced in one step.
///
///     0  magic "DCSCKP" and format version u16
///     8  store id, 16 bytes
///     24 number u64
///     32 clock high-water mark u64  milliseconds since 1970
///     40 log file u64, offset u64, next LSN u64, predecessor u32
///     68 epoch u32
///     72 durable LSN u64     the log is whole at least up to here
///     80 next segment id u64
///     88 sequences u32, segments u32
///     96 sequence u64 for each partition, and one for writes over several
///        for each segment: id u64, entries u32, form u32 (0 bitmap, 1 all live), bitmap
///     transactions: newest incarnation u32, histories u32, each a `TransactionHistory`
///     crc32c u32 over all before
package struct Checkpoint: Sendable, Equatable {
    /// A hundred million entries' bitmaps and a million segments fit many times.
    package static let bytesMax = 1 << 30

    package var store: StoreID
    package var number: UInt64
    package var clockMark: Timestamp
    package var replayFrom: LogPosition
    package var epoch: Epoch
    package var durableLSN: LSN
    package var nextSegment: SegmentID
    package var sequences: [UInt64]
    package var segments: [SegmentLiveness]
    /// The newest incarnation of transactions that was claimed, 0 where none was; and what is
    /// remembered of each, in rising order.
    package var incarnation: UInt32
    package var histories: [TransactionHistory]

    package init(
        store: StoreID, number: UInt64, clockMark: Timestamp, replayFrom: LogPosition,
        epoch: Epoch, durableLSN: LSN, nextSegment: SegmentID, sequences: [UInt64],
        segments: [SegmentLiveness], incarnation: UInt32 = 0,
        histories: [TransactionHistory] = []
    ) {
        self.store = store
        self.number = number
        self.clockMark = clockMark
        self.replayFrom = replayFrom
        self.epoch = epoch
        self.durableLSN = durableLSN
        self.nextSegment = nextSegment
        self.sequences = sequences
        self.segments = segments
        self.incarnation = incarnation
        self.histories = histories
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.magic(.checkpoint)
        writer.u64(store.high)
        writer.u64(store.low)
        writer.u64(number)
        writer.u64(clockMark.rawValue)
        writer.u64(replayFrom.file)
        writer.u64(replayFrom.offset)
        writer.u64(replayFrom.lsn.rawValue)
        writer.u32(replayFrom.predecessor)
        writer.u32(epoch.rawValue)
        writer.u64(durableLSN.rawValue)
        writer.u64(nextSegment.rawValue)
        writer.u32(UInt32(sequences.count))
        writer.u32(UInt32(segments.count))
        for sequence in sequences { writer.u64(sequence) }
        for segment in segments { segment.write(to: &writer) }
        writer.u32(incarnation)
        writer.u32(UInt32(histories.count))
        for history in histories { history.write(to: &writer) }
        writer.checksum()
        return writer.bytes
    }

    /// - Throws: `newerFormat`, `corruption`, `foreign` for another store's file.
    package init(decoding bytes: [UInt8], store expected: StoreID) throws(StorageError) {
        var reader = ByteReader(bytes)
        let damaged = StorageError(.corruption, "the checkpoint is damaged")
        try reader.magic(.checkpoint, else: damaged)
        guard reader.checksumHolds() else { throw damaged }
        do throws(ByteReader.Ended) {
            store = StoreID(high: try reader.u64(), low: try reader.u64())
            number = try reader.u64()
            clockMark = Timestamp(rawValue: try reader.u64())
            replayFrom = LogPosition(
                file: try reader.u64(), offset: try reader.u64(),
                lsn: LSN(rawValue: try reader.u64()), predecessor: try reader.u32())
            epoch = Epoch(rawValue: try reader.u32())
            durableLSN = LSN(rawValue: try reader.u64())
            nextSegment = SegmentID(rawValue: try reader.u64())
            let partitionCount = try reader.u32()
            let segmentCount = try reader.u32()
            sequences = []
            for _ in 0..<partitionCount { sequences.append(try reader.u64()) }
            segments = []
            for _ in 0..<segmentCount { segments.append(try SegmentLiveness(from: &reader)) }
            incarnation = try reader.u32()
            let historyCount = try reader.u32()
            histories = []
            for _ in 0..<historyCount { histories.append(try TransactionHistory(from: &reader)) }
        } catch { throw damaged }
        guard store == expected else {
            throw StorageError(.foreign, "the checkpoint is of another store")
        }
        guard isSound else { throw damaged }
    }

    /// True where the parts fit each other, so that whoever uses them need not look.
    private var isSound: Bool {
        let numbers = [number, replayFrom.file, replayFrom.lsn.rawValue, durableLSN.rawValue]
        let ids = segments.map(\.id)
        let incarnations = histories.map(\.incarnation)
        return numbers.allSatisfy { $0 < Limits.numberCeiling } && replayFrom.lsn > .zero
            && replayFrom.offset < Limits.numberCeiling && replayFrom.offset % 8 == 0
            && replayFrom.offset >= UInt64(LogFileHead.bytes)
            && nextSegment.rawValue < Limits.numberCeiling
            && sequences.count == Limits.partitions + 1
            && Set(ids).count == ids.count && ids.allSatisfy { $0 < nextSegment }
            && segments.allSatisfy(\.isSound)
            && zip(incarnations, incarnations.dropFirst()).allSatisfy { $0 < $1 }
            && incarnations.allSatisfy { $0 <= incarnation } && incarnation < .max
            && histories.allSatisfy(\.isSound)
    }
}

extension SegmentLiveness {
    private static let formBitmap: UInt32 = 0
    private static let formAllLive: UInt32 = 1

    /// No bit is set behind the last entry.
    fileprivate var isSound: Bool {
        let rest = UInt64(entries % 64)
        return rest == 0 || (bitmap.last ?? 0) >> rest == 0
    }

    package var liveEntries: Int { bitmap.reduce(0) { $0 + $1.nonzeroBitCount } }

    fileprivate func write(to writer: inout ByteWriter) {
        writer.u64(id.rawValue)
        writer.u32(entries)
        let allLive = liveEntries == Int(entries)
        writer.u32(allLive ? Self.formAllLive : Self.formBitmap)
        if !allLive { for word in bitmap { writer.u64(word) } }
    }

    fileprivate init(from reader: inout ByteReader) throws(ByteReader.Ended) {
        id = SegmentID(rawValue: try reader.u64())
        entries = try reader.u32()
        let form = try reader.u32()
        // Not so many that memory is taken for bits that the file does not have.
        guard entries <= UInt32(Limits.segmentEntriesMax) else { throw ByteReader.Ended() }
        let words = (Int(entries) + 63) / 64
        if form == Self.formAllLive {
            bitmap = Self.allLive(entries: Int(entries))
        } else {
            bitmap = []
            for _ in 0..<words { bitmap.append(try reader.u64()) }
        }
    }

    /// A bitmap with a bit set for each of `entries` ordinals.
    package static func allLive(entries: Int) -> [UInt64] {
        var bitmap = [UInt64](repeating: .max, count: (entries + 63) / 64)
        if entries % 64 != 0 { bitmap[bitmap.count - 1] = 1 << UInt64(entries % 64) - 1 }
        return bitmap
    }
}
