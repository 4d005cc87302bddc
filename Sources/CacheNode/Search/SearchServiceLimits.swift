/// Every limit of search in a node in one place, with what happens when it is reached.
enum SearchServiceLimits {
    /// Between two looks at the log: with `publishMilliseconds` a write is found within 100 ms.
    static let followMilliseconds = 20
    /// While more is written than can be indexed at once, what is indexed is shown this often.
    static let publishMilliseconds: UInt64 = 50
    /// Between two looks at the list of segments.
    static let segmentsMilliseconds = 100
    /// Time of one search; what it has found by then is the answer, marked as partial.
    static let searchMilliseconds: UInt64 = 1_000
    /// Hits asked for beyond those wanted, in place of some that die while they are read.
    static let spareHits = 16
    /// Bytes of a snippet's text.
    static let snippetBytes = 200
}
