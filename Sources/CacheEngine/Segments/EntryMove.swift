package import CacheBase

/// Where every entry of a new segment comes from, by ordinal.
package enum SegmentOrigins: Sendable {
    /// Out of the log.
    case log([LoggedName])
    /// Out of other segments.
    case segments([SegmentPlace])

    package var count: Int {
        switch self {
        case .log(let names): names.count
        case .segments(let places): places.count
        }
    }
}

/// A put of the log: the last one of its record that has this key.
package struct LoggedName: Sendable, Equatable {
    /// Of the key, as `LoggedEntry` has it.
    package let hash: UInt64
    package let lsn: LSN

    package init(hash: UInt64, lsn: LSN) {
        self.hash = hash
        self.lsn = lsn
    }
}

/// An entry of a sealed segment.
package struct SegmentPlace: Sendable, Equatable {
    package let segment: SegmentID
    package let ordinal: Int

    package init(segment: SegmentID, ordinal: Int) {
        self.segment = segment
        self.ordinal = ordinal
    }
}

/// Entries on their way to new segments.
package struct EntryMove: Sendable {
    /// A new segment.
    package struct Arrival: Sendable {
        package let segment: SealedSegment
        package let origins: SegmentOrigins
    }

    /// Segments that they come from: what is live of them is about to die there. Empty where they
    /// come from the log.
    package let from: [SealedSegment]
    /// None of them is listed yet.
    package let to: [Arrival]
}
