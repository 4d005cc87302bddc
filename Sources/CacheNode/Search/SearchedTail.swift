internal import CacheBase
internal import CacheEngine
internal import CacheSearch
internal import Synchronization

/// The index of the entries that are in the log, and maybe in no segment yet.
///
/// `add` and `publish` are for the thread that follows the log; the rest is anybody's.
///
/// Invariants: places count the puts that were added, from 1 on; `names` are those of the places
/// from `first` on, in the order of their records; `newest` has the place of a key's last put, where
/// no delete follows it. Locks: this one's, then the index's own.
final class SearchedTail: Sendable {
    /// What an entry is known by: wherever it goes, this finds it or shows that it is gone.
    struct Name: Sendable {
        let hash: UInt64
        let lsn: LSN
    }

    private struct Names {
        var names: [Name] = []
        var first: UInt64 = 1
        var newest: [UInt64: UInt64] = [:]
    }

    private let index: SearchTail
    private let names = Mutex(Names())

    /// - Throws: `overloaded` where there is no address space for it.
    init(_ analysis: TextAnalysis) throws(StorageError) { index = try SearchTail(analysis) }

    /// Notes what a record says of a key; a value is found from the next `publish` on, what it
    /// replaces is not found from now on.
    /// - Throws: `overloaded` where the value is too much for an index; it is then not found.
    func add(_ entry: LoggedEntry) throws(StorageError) {
        let place = names.withLock { names -> UInt64? in
            if let old = names.newest.removeValue(forKey: entry.hash) { index.remove(old) }
            guard entry.value != nil else { return nil }
            let place = names.first + UInt64(names.names.count)
            names.names.append(Name(hash: entry.hash, lsn: entry.lsn))
            names.newest[entry.hash] = place
            return place
        }
        guard let place, let value = entry.value else { return }
        try index.add(value, at: place)
    }

    func publish() { index.publish() }

    /// Entries of records before `lsn` are in segments whose indexes are shown.
    func trim(before lsn: LSN) {
        names.withLock { names in
            let gone = names.names.prefix { $0.lsn < lsn }
            guard !gone.isEmpty else { return }
            for (number, name) in gone.enumerated()
            where names.newest[name.hash] == names.first + UInt64(number) {
                names.newest[name.hash] = nil
            }
            names.first += UInt64(gone.count)
            names.names.removeFirst(gone.count)
            index.trim(before: names.first)
        }
    }

    func parts() -> [TailPart] { index.parts() }

    /// What the entry at a place is known by; nil where it has been trimmed.
    func name(at place: UInt64) -> Name? {
        names.withLock { names in
            guard place >= names.first else { return nil }
            return names.names[Int(place - names.first)]
        }
    }

    var documents: Int { index.documents }
    var bytes: Int { index.bytes }
}

extension SearchTail {
    /// As `add`, of an array.
    fileprivate func add(_ value: [UInt8], at place: UInt64) throws(StorageError) {
        var failure: StorageError?
        value.withUnsafeBytes { bytes in
            do throws(StorageError) { try add(bytes, at: place) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
