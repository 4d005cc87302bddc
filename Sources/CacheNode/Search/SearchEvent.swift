package import CacheBase

/// What search tells the log of the program.
package enum SearchEvent: Sendable {
    /// A search file could not be used; its segment is read and indexed again.
    case fileRejected(StorageError)
    /// A search file could not be written; its index is in memory until the next start.
    case fileNotWritten(StorageError)
    /// A segment cannot be indexed now; it is tried again.
    case segmentFailed(StorageError)
    /// Indexing fell so far behind the log that it goes on with the segments.
    case tailSkipped
    /// All segments were indexed for the first time since the start.
    case complete(segments: Int, rebuilt: Int, seconds: Double)
}
