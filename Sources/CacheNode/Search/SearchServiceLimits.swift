/// Every limit of search in a node in one place, with what happens when it is reached.
enum SearchServiceLimits {
    /// Between two looks at the log: with `publishMilliseconds` a write is found within 100 ms.
    static let followMilliseconds = 20
    /// While more is written than can be indexed at once, what is indexed is shown this often.
    static let publishMilliseconds: UInt64 = 50
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
