internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// Follows the log frame by frame, verifying each: checksum, LSN and predecessor.
///
/// Invariant: everything before `position` was read and was right.
struct LogCursor {
    struct Step {
        let frame: LogFrame
        let payload: UnsafeRawBufferPointer
        let fileSlot: Int
        /// Of the payload in its file.
        let offset: Int
    }

    private(set) var position: LogPosition
    /// The newest sequence of each partition up to `position`.
    private(set) var sequences: [UInt64]
    /// The last frame passed that gave a partition a position, of those that got one.
    private(set) var positionedAt: [Partition: LSN] = [:]
    /// Bytes of frames passed.
    private(set) var passedBytes: UInt64 = 0
    /// The newest record that a frame passed, or the position given, claims was durable.
    private(set) var claimed: LSN
    /// The last frame ended its file, and the next file is not there.
    private(set) var isAtFileEnd = false
    private let files: [UInt64: LogFile]
    private let checksummed: Bool
    /// The file that `position` is in; nil where there is none.
    private var current: UnsafeRawBufferPointer?

    /// - Parameter checksummed: false only under `UnsafeOmissions.checksum`.
    init(
        from position: LogPosition, sequences: [UInt64], files: [LogFile], claimed: LSN = .zero,
        checksummed: Bool = true
    ) {
        self.position = position
        self.checksummed = checksummed
        self.claimed = claimed
        self.sequences = sequences
        self.files = Dictionary(
            files.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        enter(position.file)
    }

    private mutating func enter(_ number: UInt64) {
        current = files[number].map {
            UnsafeRawBufferPointer(start: $0.mapped.base, count: $0.mapped.length)
        }
    }

    /// The next frame that says something, of writes or of transactions; nil where no valid frame
    /// follows. A frame without room for an end frame behind it is not one that was written here.
    mutating func next() -> Step? {
        while !isAtFileEnd, let file = current {
            let offset = Int(position.offset)
            guard offset < file.count, let base = file.baseAddress else { return nil }
            let rest = UnsafeRawBufferPointer(start: base + offset, count: file.count - offset)
            guard let frame = LogFrame(verifying: rest, checksummed: checksummed),
                frame.lsn == position.lsn,
                frame.predecessor == position.predecessor,
                frame.kind == .end || rest.count - frame.frameBytes >= LogFrame.headBytes
            else { return nil }
            let slot = LogFileTable.slot(position.file)
            advance(past: frame)
            if frame.kind.isContent {
                let start = offset + LogFrame.headBytes
                let payload = UnsafeRawBufferPointer(
                    start: base + start, count: Int(frame.payloadBytes))
                if frame.flags.contains(.numbersEach) {
                    for partition in frame.members(payload) {
                        sequences[Int(partition.rawValue)] &+= 1
                    }
                }
                return Step(frame: frame, payload: payload, fileSlot: slot, offset: start)
            }
        }
        return nil
    }

    private mutating func advance(past frame: LogFrame) {
        position.offset += UInt64(frame.frameBytes)
        position.lsn = frame.lsn.next
        position.predecessor = frame.checksum
        claimed = max(claimed, frame.durableLSN)
        passedBytes += UInt64(frame.frameBytes)
        switch frame.kind {
        case .writes, .commit, .incarnation, .position:
            sequences[Int(min(frame.partition.rawValue, UInt16(Limits.partitions)))] =
                frame.sequence
            if frame.kind == .position { positionedAt[frame.partition] = frame.lsn }
        case .mark:
            break
        case .end:
            guard files[position.file + 1] != nil else {
                isAtFileEnd = true
                return
            }
            position.file += 1
            position.offset = UInt64(LogFileHead.bytes)
            enter(position.file)
        }
    }
}

extension FrameKind {
    /// True for frames that a reader of the log gets; the others are between log and reader.
    fileprivate var isContent: Bool {
        switch self {
        case .writes, .commit, .incarnation: true
        case .end, .mark, .position: false
        }
    }
}

extension LogCursor.Step {
    /// Of a frame of transactions; nil for other frames.
    /// - Throws: `corruption` where the payload is too short for it.
    func transactionHead() throws(StorageError) -> TransactionHead? {
        guard frame.kind == .commit || frame.kind == .incarnation else { return nil }
        guard let head = TransactionHead(in: payload) else {
            throw StorageError(.corruption, "record \(frame.lsn.rawValue) names no transaction")
        }
        return head
    }

    /// Calls `body` with each entry of the frame and its offset in the file.
    /// - Throws: `corruption` where the entries do not fill the payload as they should.
    func forEachEntry(
        _ body: (LogEntry, _ offset: Int) throws(StorageError) -> Void
    ) throws(StorageError) {
        var at = frame.kind == .commit ? TransactionHead.bytes : 0
        for _ in 0..<frame.entries {
            guard let entry = LogEntry(in: payload, at: at) else {
                throw StorageError(.corruption, "record \(frame.lsn.rawValue) holds no valid entry")
            }
            try body(entry, offset + at)
            at += aligned8(entry.contentBytes)
        }
    }
}
