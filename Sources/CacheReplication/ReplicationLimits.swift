/// Every limit of replication in one place, with what happens when it is reached.
package enum ReplicationLimits {
    /// Bytes of records in one page, about; the next page takes the rest.
    package static let pageBytes = 1 << 20
    /// Bytes of a page that a node takes, unpacked; a larger one ends the link. One record may be
    /// as large as the log's largest.
    package static let pageBytesMax = 320 << 20
    /// Bytes of records, unpacked, that are sent and applied by whoever asks for it or brings them,
    /// on an event loop; more is left to a thread.
    package static let atOnceBytes = 64 << 10
    /// Bytes of pages of one stream on their way; then its primary waits for acknowledgements.
    package static let windowBytes = 8 << 20
    /// Streams between two nodes; a further one is refused, and asked for again later.
    package static let streamsMax = 8
    /// Leaderships remembered for each partition; the oldest is forgotten, and who comes from there
    /// gets a copy.
    package static let leadershipsMax = 8
    /// Pages that wait for the thread that applies them; the window keeps them below.
    package static let inboxMax = 1024
    /// Milliseconds between two looks of a primary at its log while nobody waits for a copy.
    package static let pollMilliseconds = 5
    /// Milliseconds for which a replica may lag before it is not waited for any more.
    package static let lagMilliseconds: UInt64 = 3000
    /// Milliseconds after which a partition that was refused is asked for again.
    package static let retryMilliseconds = 200
    /// So many of these a replica waits to hear how new it is; then it asks again.
    static let markPatience: UInt64 = 5
}
