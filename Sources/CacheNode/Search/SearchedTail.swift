internal import CacheBase
internal import CacheEngine
internal import CacheSearch
internal import Synchronization

/// The index of the entries that are in the log, and maybe in no segment yet.
///
/// `add` and `publish` are for the thread that follows the log; the rest is anybody's.
///
/// Invariants: places count the puts that were added, from 1 on, in the order of their records;
/// `newest` has the place of a key's last put of which it was told, where it was told of no delete
/// that follows it and it is not before `start`. Locks: this one's, then the index's own.
final class SearchedTail: Sendable {
    /// The index at one moment, with the names of what is in it.
    struct Snapshot: Sendable {
        let parts: [TailPart]
        let names: TailNames
    }

    private struct Known {
        var names = TailNames()
        /// Entries of places before it are in segments whose indexes are shown.
        var start: UInt64 = 1
        var newest: [UInt64: UInt64] = [:]
    }

    private let index: SearchTail
    private let known = Mutex(Known())

    /// - Throws: `overloaded` where there is no address space for it.
    init(_ analysis: TextAnalysis) throws(StorageError) { index = try SearchTail(analysis) }

    /// Notes what a record says of a key; a value is found from the next `publish` on, what it
    /// replaces is not found from now on.
    /// - Throws: `overloaded` where the value is too much for an index; it is then not found.
    func add(_ entry: LoggedEntry) throws(StorageError) {
        let place = known.withLock { known -> UInt64? in
            if let old = known.newest.removeValue(forKey: entry.hash) { index.remove(old) }
            guard entry.value != nil else { return nil }
            let place = known.names.append(TailNames.Name(hash: entry.hash, lsn: entry.lsn))
            known.newest[entry.hash] = place
            return place
        }
        guard let place, let value = entry.value else { return }
        if try !index.add(value, at: place) { known.withLock { $0.names.noteNoText(place) } }
    }

    func publish() { index.publish() }

    /// Merges some large parts, on any thread; false where there are none.
    func merge() -> Bool { index.merge() }

    /// Entries of records before `lsn` are in segments whose indexes are shown.
    func trim(before lsn: LSN) {
        known.withLock { known in
            let end = known.names.place(ofRecord: lsn, from: known.start)
            guard end > known.start else { return }
            for place in known.start..<end {
                guard let name = known.names[place] else { continue }
                if known.newest[name.hash] == place { known.newest[name.hash] = nil }
            }
            known.start = end
            known.names.trim(before: end)
            index.trim(before: end)
        }
    }

    /// What is to be searched, as it is now.
    func snapshot() -> Snapshot {
        known.withLock { Snapshot(parts: index.parts(), names: $0.names) }
    }

    var documents: Int { index.documents }
    var bytes: Int { index.bytes }
}

extension SearchTail {
    /// As `add`, of an array.
    fileprivate func add(_ value: [UInt8], at place: UInt64) throws(StorageError) -> Bool {
        try value.withUnsafeBytes { bytes in
            Result { () throws(StorageError) in try add(bytes, at: place) }
        }.get()
    }
}
