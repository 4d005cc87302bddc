/// Every limit of search in a node in one place, with what happens when it is reached.
enum SearchServiceLimits {
    /// Between two looks at the log: with `publishMilliseconds` a write is found within 100 ms.
    static let followMilliseconds = 20
    /// While more is written than can be indexed at once, what is indexed is shown this often.
    static let publishMilliseconds: UInt64 = 50
    /// Bytes of values that are indexed between two looks at the pace, a millisecond's work; an entry
    /// counts some more than its value.
    static let pacedBytes = 32 << 10
    static let pacedBytesOfEntry = 64
    /// Where others want the processors, finding new writes takes one part in so many of all, and no
    /// more than those of `processorsMax`, which is half of one.
    static let shareOfProcessors: UInt64 = 10
    static let processorsMax = 5
    /// The longest rest, so that what is written while others want the processor is found soon.
    static let restMillisecondsMax: UInt64 = 30
    /// Between two looks at the list of segments.
    static let segmentsMilliseconds = 100
    /// Entries of segments without an index whose origins are held, 16 bytes each; the text of
    /// further segments is read.
    static let originEntriesMax = 2 << 20
    /// Between two looks at whether the tail has come to what a new segment holds, and the longest
    /// that a segment waits for it; then its text is read.
    static let tailWaitMilliseconds = 5
    static let tailWaitMillisecondsMax: UInt64 = 2_000
    /// Time of one search; what it has found by then is the answer, marked as partial.
    static let searchMilliseconds: UInt64 = 1_000
    /// Hits asked for beyond those wanted, in place of some that die while they are read.
    static let spareHits = 16
    /// Bytes of a snippet's text.
    static let snippetBytes = 200
}
