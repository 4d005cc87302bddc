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
    /// Bytes of frames passed.
    private(set) var passedBytes: UInt64 = 0
    /// The last frame ended its file, and the next file is not there.
    private(set) var isAtFileEnd = false
    private let files: [UInt64: LogFile]
    private let checksummed: Bool
    /// The file that `position` is in; nil where there is none.
    private var current: UnsafeRawBufferPointer?

    /// - Parameter checksummed: false only under `UnsafeOmissions.checksum`.
    init(
        from position: LogPosition, sequences: [UInt64], files: [LogFile],
        checksummed: Bool = true
    ) {
        self.position = position
        self.checksummed = checksummed
        self.sequences = sequences
        self.files = Dictionary(
            files.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        current = self.files[position.file].map(Self.bytes)
        if position.offset == UInt64(LogFileHead.bytes), let head = Self.head(current) {
            self.position.predecessor = head.checksum
        }
    }

    private static func bytes(_ file: LogFile) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: file.mapped.base, count: file.mapped.length)
    }

    private static func head(_ bytes: UnsafeRawBufferPointer?) -> LogFileHead? {
        guard let bytes else { return nil }
        return (try? LogFileHead(verifying: bytes)) ?? nil
    }

    /// Goes on in the next file.
    /// - Returns: false where there is none that continues this one.
    private mutating func enterNextFile() -> Bool {
        guard let file = files[position.file + 1], let head = Self.head(Self.bytes(file)),
            head.predecessor == position.predecessor, head.firstLSN == position.lsn
        else { return false }
        position.file += 1
        position.offset = UInt64(LogFileHead.bytes)
        position.predecessor = head.checksum
        current = Self.bytes(file)
        return true
    }

    /// The next frame of writes; nil where no valid frame follows.
    mutating func next() -> Step? {
        while !isAtFileEnd, let file = current {
            let offset = Int(position.offset)
            guard offset < file.count, let base = file.baseAddress else { return nil }
            let rest = UnsafeRawBufferPointer(start: base + offset, count: file.count - offset)
            guard let frame = LogFrame(verifying: rest, checksummed: checksummed),
                frame.lsn == position.lsn,
                frame.predecessor == position.predecessor
            else { return nil }
            let slot = LogFileTable.slot(position.file)
            advance(past: frame)
            if frame.kind == .writes {
                let start = offset + LogFrame.headBytes
                return Step(
                    frame: frame,
                    payload: UnsafeRawBufferPointer(
                        start: base + start, count: Int(frame.payloadBytes)),
                    fileSlot: slot, offset: start)
            }
        }
        return nil
    }

    private mutating func advance(past frame: LogFrame) {
        position.offset += UInt64(frame.frameBytes)
        position.lsn = frame.lsn.next
        position.predecessor = frame.checksum
        passedBytes += UInt64(frame.frameBytes)
        switch frame.kind {
        case .writes:
            sequences[Int(min(frame.partition.rawValue, UInt16(Limits.partitions)))] =
                frame.sequence
        case .mark:
            break
        case .end:
            isAtFileEnd = !enterNextFile()
        }
    }
}

extension LogCursor.Step {
    /// Calls `body` with each entry of the frame and its offset in the file.
    /// - Throws: `corruption` where the entries do not fill the payload as they should.
    func forEachEntry(
        _ body: (LogEntry, _ offset: Int) throws(StorageError) -> Void
    ) throws(StorageError) {
        var at = 0
        for _ in 0..<frame.entries {
            guard let entry = LogEntry(in: payload, at: at) else {
                throw StorageError(.corruption, "record \(frame.lsn.rawValue) holds no valid entry")
            }
            try body(entry, offset + at)
            at += aligned8(entry.contentBytes)
        }
    }
}
