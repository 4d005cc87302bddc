/// Every limit of the management plane in one place, with what happens when it is reached.
enum ManagementLimits {
    /// A request's head; more is 400 and the end of the connection.
    static let headBytesMax = 16 << 10
    /// Fields of a head; as above.
    static let fieldsMax = 100
    /// A request's body; more is 413.
    static let bodyBytesMax = 64 << 10
    /// Time for a whole body; then the connection is cut.
    static let bodySeconds: Int64 = 10
    /// Time with no request, or with an unfinished head; then the connection is closed.
    static let idleSeconds: Int64 = 30
    /// Open connections; a further one waits to be accepted.
    static let connectionsMax = 256
    static let acceptBacklog = 256

    /// Dashboards that are fed at a time; a further one is 503.
    static let feedsMax = 16
    /// Samples that a dashboard which takes none is behind at most; older ones are passed over.
    static let feedBacklogMax = 4
    /// Time that a dashboard may take over one sample; then its connection is cut.
    static let feedWriteSeconds: Int64 = 15
    /// Samples kept for those who come later: five minutes.
    static let samplesKept = 150
    static let sampleMilliseconds: Int64 = 2_000

    /// Keys in one answer of a listing; asking for more is 400.
    static let listedKeysMax = 200
    static let listedKeysDefault = 50
    /// Bytes of a value that are shown; the rest is left out, and said so.
    static let shownValueBytesMax = 256 << 10
    /// Threads that may wait for the disk in a request's place.
    static let blockingThreads = 2
    /// Times that a read begins again because the entry moved; then 503.
    static let movedReadsMax = 64

    /// Time for requests under way when the plane stops; then they are cut.
    static let stopSeconds: Int64 = 2
}
