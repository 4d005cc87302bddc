internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// Follows the log to its end, and remembers where the part begins that no frame claims durable.
///
/// That part may be in memory alone. After a sync that failed the kernel even takes it for clean,
/// and no later sync would write it: so its pages are made dirty again before anything new is
/// acknowledged behind them.
struct LogTail {
    /// Places are remembered at about this distance.
    private static let stepBytes: UInt64 = 64 << 10

    private(set) var end: LogCursor
    private var places: [LogPosition]

    init(_ start: LogCursor) {
        end = start
        places = [start.position]
    }

    /// - Complexity: O(bytes of the log from the checkpoint on).
    mutating func findEnd() {
        var next = end.passedBytes + Self.stepBytes
        while true {
            let position = end.position
            guard end.next() != nil else { break }
            if end.passedBytes >= next {
                places.append(position)
                next = end.passedBytes + Self.stepBytes
            }
        }
    }

    /// Makes the pages of all records dirty that nobody claims were durable.
    func makeDirty(_ files: [LogFile]) throws(StorageError) {
        guard end.claimed.next < end.position.lsn,
            let first = places.last(where: { $0.lsn <= end.claimed.next })
        else { return }
        for file in files where (first.file...end.position.file).contains(file.number) {
            // The head too: it was written when the file was begun.
            try file.mapped.populate(offset: 0, length: LogFileHead.bytes)
            let start = file.number == first.file ? Int(first.offset) : LogFileHead.bytes
            let stop =
                file.number == end.position.file ? Int(end.position.offset) : file.mapped.length
            try file.mapped.populate(offset: start, length: stop - start)
        }
    }
}
