internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// Reads the log behind its writers, and never in their way: it holds no file back.
///
/// A file may be taken back and written anew while it is read. So what was read counts only if the
/// log still has the file afterwards; and nothing is trusted before that but the file's mapping,
/// which the follower keeps alive: each frame is verified, each length checked where it was read.
///
/// Invariant: the frame of `next` begins at `offset` of `file`, once it is written.
struct LogFollower {
    /// The next record's.
    private(set) var next: LSN
    private(set) var file: LogFile
    private var offset: Int
    /// Frames in one call; more wait for the next, so that nobody's thread is kept for long.
    static let framesPerCall = 1 << 16

    /// Follows from the log's end on.
    init(atEndOf log: WriteAheadLog) {
        let (end, files, _, _) = log.position()
        self.init(atEndOf: end, files)
    }

    private init(atEndOf end: LogPosition, _ files: [LogFile]) {
        self.init(next: end.lsn, file: files[files.count - 1], offset: Int(end.offset))
    }

    init(next: LSN, file: LogFile, offset: Int) {
        self.next = next
        self.file = file
        self.offset = offset
    }

    /// Follows behind a record; nil where the log does not hold the next one any more.
    init?(after lsn: LSN, in log: WriteAheadLog) {
        let (end, files, _, _) = log.position()
        let wanted = lsn.next
        if wanted == end.lsn {
            self.init(atEndOf: end, files)
            return
        }
        guard wanted < end.lsn, let (file, first) = Self.file(of: wanted, files) else {
            return nil
        }
        self.init(next: first, file: file, offset: LogFileHead.bytes)
        while next < wanted {
            guard step(in: log, { _ in }) else { return nil }
        }
        guard log.holds(file.number) else { return nil }
    }

    /// The last file that begins at or before the record, and its first one.
    private static func file(of lsn: LSN, _ files: [LogFile]) -> (LogFile, LSN)? {
        for file in files.reversed() {
            let bytes = UnsafeRawBufferPointer(start: file.mapped.base, count: file.mapped.length)
            guard let head = try? LogFileHead(verifying: bytes) else { return nil }
            if head.firstLSN <= lsn { return (file, head.firstLSN) }
        }
        return nil
    }

    /// Adds the changes of the records up to `limit` that pass the filter, until the page is full.
    /// - Parameter limit: at most the newest record.
    /// - Returns: true where `limit` was reached.
    mutating func read(
        upTo limit: LSN, from log: WriteAheadLog, into page: inout ChangePage,
        _ wants: ChangeFilter
    ) -> Bool {
        let start = page.changes.count
        let oldest = file.number
        var frames = 0
        while next <= limit, !page.isFull, frames < Self.framesPerCall {
            frames += 1
            let first = page.changes.count
            let lsn = next
            let isThere = step(in: log) { outline in
                guard wants(outline.kind, outline.key) else { return }
                page.changes.append(
                    Change(
                        kind: outline.kind, key: Array(outline.key), lsn: lsn, position: lsn,
                        endsPosition: false))
                page.keyBytes += outline.key.count
            }
            guard isThere else {
                page.isTooFarBehind = true
                break
            }
            page.changes.endPosition(from: first)
            page.position = lsn
        }
        if page.isTooFarBehind || !log.holds(oldest) {
            page.changes.removeSubrange(start...)
            page.isTooFarBehind = true
            return false
        }
        return next > limit
    }

    /// An entry of a record; key and value lie in the file.
    struct Outline {
        let kind: ChangeKind
        let key: UnsafeRawBufferPointer
        let value: UnsafeRawBufferPointer
    }

    /// Passes one record.
    /// - Returns: false where something else is in its place: it was overwritten.
    mutating func step(in log: WriteAheadLog, _ body: (Outline) -> Void) -> Bool {
        stepFrame(in: log) { frame, payload in
            guard frame.kind == .writes || frame.kind == .commit else { return true }
            return Self.forEachEntry(frame, payload, from: frame.entriesStart, body)
        }
    }

    /// Passes one record.
    /// - Parameter body: returns false where the frame makes no sense.
    /// - Returns: false where something else is in its place: it was overwritten.
    mutating func stepFrame(
        in log: WriteAheadLog, _ body: (LogFrame, UnsafeRawBufferPointer) -> Bool
    ) -> Bool {
        let length = file.mapped.length
        guard offset < length else { return false }
        let bytes = UnsafeRawBufferPointer(
            start: file.mapped.base + offset, count: length - offset)
        guard let frame = LogFrame(verifying: bytes), frame.lsn == next else { return false }
        let payload = UnsafeRawBufferPointer(
            rebasing: bytes[LogFrame.headBytes..<(LogFrame.headBytes + Int(frame.payloadBytes))])
        guard body(frame, payload) else { return false }
        if frame.kind == .end {
            guard let following = log.file(file.number + 1) else { return false }
            file = following
            offset = LogFileHead.bytes
            next = next.next
            return true
        }
        offset += frame.frameBytes
        next = next.next
        return true
    }

    /// - Returns: false where the entries do not fit the payload.
    static func forEachEntry(
        _ frame: LogFrame, _ payload: UnsafeRawBufferPointer, from start: Int,
        _ body: (Outline) -> Void
    ) -> Bool {
        var at = start
        for _ in 0..<frame.entries {
            guard let extent = LogEntryExtent(in: payload, at: at) else { return false }
            body(
                Outline(
                    kind: extent.kind == .delete ? .delete : .put,
                    key: UnsafeRawBufferPointer(rebasing: payload[extent.key]),
                    value: UnsafeRawBufferPointer(rebasing: payload[extent.value])))
            at += aligned8(extent.contentBytes)
        }
        return true
    }
}

extension WriteAheadLog {
    /// The file of this number; nil where the log has not, or no longer, such a file.
    func file(_ number: UInt64) -> LogFile? {
        position().files.first { $0.number == number }
    }

    /// True where the file and all behind it are still the log's: what was read of them is right.
    func holds(_ number: UInt64) -> Bool { oldestFile <= number }
}
