internal import CacheBase
internal import CacheEngine

/// Where the entries of segments come from that have no index yet.
///
/// Invariant: `entries` is the sum of what is held, at most `SearchServiceLimits.originEntriesMax`.
struct PostingOrigins: Sendable {
    /// What is known of one entry.
    enum Place {
        case indexed(SegmentID, ordinal: Int)
        case logged(LoggedName)
        case unknown
    }

    private var origins: [SegmentID: SegmentOrigins] = [:]
    private var entries = 0

    var segments: [SegmentID] { Array(origins.keys) }

    func has(_ segment: SegmentID) -> Bool { origins[segment] != nil }

    /// Beyond the limit nothing is noted: the segment's text is read.
    mutating func note(_ known: SegmentOrigins, of segment: SegmentID) {
        guard entries + known.count <= SearchServiceLimits.originEntriesMax else { return }
        origins[segment] = known
        entries += known.count
    }

    mutating func forget(_ segments: [SegmentID]) {
        for segment in segments {
            entries -= origins.removeValue(forKey: segment)?.count ?? 0
        }
    }

    /// Where an entry was before, as far back as there is something that has its postings: a
    /// segment may have come and gone without an index of its own.
    func place(
        of ordinal: Int, in segment: SegmentID, hasIndex: (SegmentID) -> Bool
    ) -> Place {
        var place = SegmentPlace(segment: segment, ordinal: ordinal)
        while let known = origins[place.segment], place.ordinal < known.count {
            switch known {
            case .log(let names): return .logged(names[place.ordinal])
            case .segments(let places):
                // Entries move to segments of higher numbers, so that this ends.
                place = places[place.ordinal]
                if hasIndex(place.segment) {
                    return .indexed(place.segment, ordinal: place.ordinal)
                }
            }
        }
        return .unknown
    }
}
