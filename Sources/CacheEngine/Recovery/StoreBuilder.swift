package import CacheBase
package import CacheFiles
package import CacheFormat

/// Writes a new data folder that holds given entries, versions included: for repair.
///
/// Entries that end at about the same time go to the same segments, as the flusher does it. The
/// folder is no store until `finish` has returned: the file `STORE` is written last.
package struct StoreBuilder {
    /// What a new log goes on from.
    package struct Continuation: Sendable {
        /// Of the first record to come; above every version that was ever given out.
        package var nextLSN: LSN
        /// No time before this one is ever taken for now.
        package var clockMark: Timestamp
        package var epoch: Epoch
        /// Newest sequence of each partition, and of writes over several.
        package var sequences: [UInt64]
        package var transactions: TransactionMemory

        package init(
            nextLSN: LSN, clockMark: Timestamp, epoch: Epoch, sequences: [UInt64],
            transactions: TransactionMemory
        ) {
            self.nextLSN = nextLSN
            self.clockMark = clockMark
            self.epoch = epoch
            self.sequences = sequences
            self.transactions = transactions
        }
    }

    /// What is remembered of transactions: by a checkpoint, and by the records after it.
    package struct TransactionMemory: Sendable {
        package var incarnation: UInt32
        package var histories: [TransactionHistory]
        /// In the order of the log.
        package var records: [(head: TransactionHead, frame: LogFrame)] = []
        /// Incarnations to leave out, since records that began them may be lost.
        package var skippedIncarnations: UInt32

        package init(
            incarnation: UInt32, histories: [TransactionHistory], skippedIncarnations: UInt32
        ) {
            self.incarnation = incarnation
            self.histories = histories
            self.skippedIncarnations = skippedIncarnations
        }
    }

    /// Raw bytes of a segment, about.
    private static let segmentBytes: UInt64 = 16 << 20

    private let layout: StoreLayout
    private let store: StoreFile
    private let files: any FileSystem
    private let now: Timestamp
    private let hash: KeyHash
    private let compressor = Compressor()
    private var writers: [SegmentWriter?]
    private var sealed: [SegmentLiveness] = []
    private var nextSegment: UInt64 = 1

    /// Makes the folders.
    /// - Parameter directory: empty or not there; the caller has made sure.
    /// - Throws: `permission`, `noSpace`, `io`.
    package init(
        directory: String, store: StoreFile, files: any FileSystem, now: Timestamp
    ) throws(StorageError) {
        layout = StoreLayout(directory: directory)
        self.store = store
        self.files = files
        self.now = now
        hash = KeyHash(secret: store.hashKey)
        writers = (0..<ExpiryClass.count).map { _ in nil }
        try files.createDirectory(layout.log)
        try files.createDirectory(layout.segments)
    }

    /// Copies an entry in. Each key is added once.
    /// - Throws: `noSpace`, `io`.
    package mutating func add(
        key: UnsafeRawBufferPointer, contentType: UnsafeRawBufferPointer,
        value: UnsafeRawBufferPointer, lsn: LSN, expiry: Expiry
    ) throws(StorageError) {
        let place = ExpiryClass.of(expiry, at: now)
        if writers[place] == nil { writers[place] = try newWriter() }
        let content = EntryContent(
            key: key, contentType: contentType, value: value, lsn: lsn, expiry: expiry)
        try writers[place]?.add(
            content, from: SegmentWriter.Origin(hash: hash(key), location: .none, lsn: lsn))
        guard let writer = writers[place] else { return }
        if writer.rawBytes >= Self.segmentBytes || writer.isFull { try seal(place) }
    }

    private mutating func newWriter() throws(StorageError) -> SegmentWriter {
        let id = SegmentID(rawValue: nextSegment)
        nextSegment += 1
        let head = SegmentHead(store: store.id, id: id, created: now, generation: 0)
        return try SegmentWriter(
            head, layout: layout, files: files, compressor: compressor, thorough: true)
    }

    private mutating func seal(_ place: Int) throws(StorageError) {
        guard let segment = try writers[place]?.seal(store: store.id, slot: 0) else { return }
        sealed.append(
            SegmentLiveness(
                id: segment.id, entries: UInt32(segment.entries),
                bitmap: SegmentLiveness.allLive(entries: segment.entries)))
        writers[place] = nil
    }

    /// Ends the segments and makes the folder a store, durably.
    /// - Throws: `noSpace`, `io`.
    package mutating func finish(_ next: Continuation) throws(StorageError) {
        for place in writers.indices { try seal(place) }
        try files.syncDirectory(layout.segments)
        let start = LogPosition(
            file: 1, offset: UInt64(LogFileHead.bytes), lsn: next.nextLSN, predecessor: 0)
        let durable = LSN(rawValue: next.nextLSN.rawValue - 1)
        try writeLog(start, durable)
        var checkpoint = Checkpoint(
            store: store.id, number: 1, clockMark: next.clockMark, replayFrom: start,
            epoch: next.epoch, durableLSN: durable, nextSegment: SegmentID(rawValue: nextSegment),
            sequences: next.sequences, segments: sealed.sorted { $0.id < $1.id },
            incarnation: next.transactions.incarnation, histories: next.transactions.histories)
        remember(next.transactions, at: next.clockMark, in: &checkpoint)
        try replaceFile(layout.checkpoint, with: checkpoint.encoded(), files: files)
        try replaceFile(layout.store, with: store.encoded(), files: files)
        try files.syncDirectory(layout.directory)
    }

    /// Takes what the log's records say of transactions into the checkpoint.
    private func remember(
        _ memory: TransactionMemory, at time: Timestamp, in checkpoint: inout Checkpoint
    ) {
        let ledger = TransactionLedger(checkpoint)
        for record in memory.records { ledger.replay(record.head, record.frame) }
        ledger.endRecovery(at: time)
        let (incarnation, histories) = ledger.snapshot()
        checkpoint.incarnation = min(
            incarnation + memory.skippedIncarnations, TransactionNumber.incarnationMax)
        checkpoint.histories = histories
    }

    /// A log file of the smallest size, without a record; the engine soon goes on to a larger one.
    private func writeLog(_ start: LogPosition, _ durable: LSN) throws(StorageError) {
        var bytes = [UInt8](repeating: 0, count: 2 * LogFileHead.bytes)
        let head = LogFileHead(
            store: store.id, number: start.file, firstLSN: start.lsn, durableLSN: durable,
            predecessor: start.predecessor)
        bytes.withUnsafeMutableBytes { raw in
            if let base = raw.baseAddress { head.write(to: base) }
        }
        try replaceFile(layout.log + "/0.wal", with: bytes, files: files)
    }
}
