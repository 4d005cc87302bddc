internal import CacheBase
internal import CacheEngine
internal import CacheSearch

/// The indexes that have the postings of a new segment's entries, so that its text is not read again.
///
/// Invariant: every entry goes to one ordinal of one source, or is in `missing`, or is known to be no
/// text.
struct PostingSources {
    private(set) var sources: [SearchIndexMerger.Source] = []
    /// Entries whose postings are nowhere, ascending: they died in the log's tail or their segment
    /// had no index.
    private(set) var missing: [Int] = []

    init(_ sources: [SearchIndexMerger.Source], missing: [Int]) {
        self.sources = sources
        self.missing = missing
    }

    /// - Parameters:
    ///   - indexes: of the segments that are shown.
    ///   - tail: of a moment when it had come to the segment's newest record.
    init(
        of segment: SealedSegment, _ origins: PostingOrigins, _ indexes: [SegmentID: SearchIndex],
        _ tail: SearchedTail.Snapshot
    ) {
        var tables: [SegmentID: [UInt32]] = [:]
        var logged: [Wanted] = []
        for ordinal in 0..<segment.entries {
            let place = origins.place(of: ordinal, in: segment.id) { indexes[$0] != nil }
            switch place {
            case .unknown: missing.append(ordinal)
            case .logged(let name): logged.append(Wanted(name: name, ordinal: UInt32(ordinal)))
            case .indexed(let source, let old):
                let entries = indexes[source]?.entries ?? 0
                tables[
                    source, default: Array(repeating: SearchIndexMerger.dropped, count: entries)
                ][old] = UInt32(ordinal)
            }
        }
        for (id, table) in tables {
            guard let index = indexes[id] else { continue }
            sources.append(SearchIndexMerger.Source(index, ordinals: table))
        }
        if !logged.isEmpty { addTail(tail, &logged) }
        missing.sort()
    }

    /// An entry that came out of the log.
    private struct Wanted {
        let name: LoggedName
        let ordinal: UInt32
        /// Of its last put; 0 where the tail does not know it.
        var place: UInt64 = 0

        func precedes(_ other: TailNames.Name) -> Bool {
            (name.lsn, name.hash) < (other.lsn, other.hash)
        }
    }

    private mutating func addTail(_ tail: SearchedTail.Snapshot, _ wanted: inout [Wanted]) {
        wanted.sort { ($0.name.lsn, $0.name.hash) < ($1.name.lsn, $1.name.hash) }
        Self.findPlaces(of: &wanted, tail.names)
        missing += wanted.filter { $0.place == 0 }.map { Int($0.ordinal) }
        wanted.removeAll { entry in
            entry.place == 0 || !(tail.names[entry.place]?.mayBeText ?? true)
        }
        wanted.sort { $0.place < $1.place }
        var next = 0
        for part in tail.parts {
            let source = part.source { place in
                while next < wanted.count, wanted[next].place < place {
                    missing.append(Int(wanted[next].ordinal))
                    next += 1
                }
                guard next < wanted.count, wanted[next].place == place else { return nil }
                next += 1
                return wanted[next - 1].ordinal
            }
            sources.append(source)
        }
        missing += wanted[next...].map { Int($0.ordinal) }
    }

    /// Of several puts of a key in one record the last one is the entry.
    private static func findPlaces(of wanted: inout [Wanted], _ names: TailNames) {
        guard let first = wanted.first, let last = wanted.last else { return }
        var place = names.place(ofRecord: first.name.lsn, from: names.first)
        while let name = names[place], name.lsn <= last.name.lsn {
            var (low, high) = (0, wanted.count)
            while low < high {
                let middle = (low + high) / 2
                if wanted[middle].precedes(name) { low = middle + 1 } else { high = middle }
            }
            if low < wanted.count, wanted[low].name == LoggedName(hash: name.hash, lsn: name.lsn) {
                wanted[low].place = place
            }
            place += 1
        }
    }
}
