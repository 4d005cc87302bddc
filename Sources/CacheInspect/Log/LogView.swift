internal import CacheBase
internal import CacheEngine
internal import CacheFormat

/// The newest that the log says of each key; what a segment has of such a key is superseded.
struct LogView {
    /// An entry of the log.
    struct Place {
        let frame: Int
        /// In the frame's payload.
        let offset: Int
    }

    private var newest: [UInt64: Place] = [:]
    let tail: LogTail

    init(_ tail: LogTail, hash: KeyHash) {
        self.tail = tail
        for index in 0..<tail.count {
            let view = tail.frame(index)
            _ = view.forEachEntry { entry, offset in
                newest[hash(entry.key)] = Place(frame: index, offset: offset)
            }
        }
    }

    /// True where the log wrote or deleted a key of this hash.
    func supersedes(_ hash: UInt64) -> Bool { !newest.isEmpty && newest[hash] != nil }

    /// The newest entry of a key, a deletion included.
    func entry(_ hash: UInt64) -> (entry: LogEntry, frame: LogFrameView)? {
        newest[hash].flatMap { entry(at: $0) }
    }

    private func entry(at place: Place) -> (entry: LogEntry, frame: LogFrameView)? {
        let view = tail.frame(place.frame)
        return LogEntry(in: view.payload, at: place.offset).map { ($0, view) }
    }

    /// Entries that put what their keys have, in the order of the log.
    func forEachPut(_ body: (LogEntry, LogFrameView, UInt64) throws(StorageError) -> Void)
        throws(StorageError)
    {
        let places = newest.sorted {
            ($0.value.frame, $0.value.offset) < ($1.value.frame, $1.value.offset)
        }
        for (hash, place) in places {
            guard let (entry, view) = entry(at: place), entry.kind == .put else { continue }
            try body(entry, view, hash)
        }
    }
}
