/// Every limit of the data plane in one place, with what happens when it is reached.
/// Sizes in bytes, times in milliseconds.
enum HTTPLimits {
    /// A request's head with its line ends; more is 431, or 414 where the target alone exceeds it.
    static let headBytesMax = 16 << 10
    /// Of a head, what stands behind the target and is kept to know the next one by; a longer one
    /// is parsed each time.
    static let keptHeadBytesMax = 512
    /// Fields in a head, and again in a trailer; more are 431.
    static let fieldsMax = 100
    /// Chunk extensions and trailers of one request; more is 400.
    static let chunkOverheadBytesMax = 8 << 10
    /// Hexadecimal digits of a chunk size (2^60 - 1); more are 400.
    static let chunkSizeDigitsMax = 15
    /// Digits of a Content-Length (10^18 - 1); more are 400.
    static let contentLengthDigitsMax = 18

    /// A body that a refused request may carry and the connection still survive: it is read and
    /// thrown away. After a larger one the connection is closed.
    static let discardedBodyBytesMax = 64 << 10
    /// What JSON needs beside a key and a value, names and numbers included.
    static let jsonOverheadBytesMax = 4 << 10
    /// Bytes that one byte of text can take in JSON (`\u00XX`).
    static let jsonEscapeFactor = 6

    /// Operations in a batch; more are 400.
    static let batchOperationsMax = 10_000
    /// Keys of a batch whose entries are loaded ahead together.
    static let prefetchedKeys = 16
    /// Results of a batch; a read that would exceed it is answered 413 in its place.
    static let batchAnswerBytesMax = 64 << 20
    /// Longest content type kept with an entry; a longer one is 400.
    static let contentTypeBytesMax = 255
    /// Longest time to live, 100 years; a longer one is 400. 100 × 365 × 86,400 s.
    static let ttlMillisecondsMax: UInt64 = 100 * 365 * 86_400 * 1000

    /// Answers waiting in a connection; beyond it no further request of it is carried out, and
    /// nothing more read, until the client took them.
    static let outputBytesHigh = 256 << 10
    /// Requests received and not yet carried out; beyond it nothing more is read.
    static let inputBytesHigh = 256 << 10
    /// What a connection may hold in each of its buffers uncounted; what is larger counts against
    /// all connections' limit while it is used, and is not kept between requests.
    static let retainedBufferBytesMax = 4 << 10
    /// Time without a request after which a connection keeps no buffers at all.
    static let bufferIdleMilliseconds: UInt64 = 1_000
    /// What a read takes at most: of a connection that sends little, which keeps such a buffer, and
    /// of one that sends much, which does not.
    static let receiveBytesSmall = 4 << 10
    static let receiveBytesLarge = 64 << 10
    /// A buffer's first allocation.
    static let bufferBytesMin = 2 << 10

    /// Time for a whole head from its first byte; then 408.
    static let headMilliseconds: UInt64 = 10_000
    /// Time with no request; then the connection is closed.
    static let idleMilliseconds: UInt64 = 60_000
    /// Time before a body's rate counts.
    static let bodyGraceMilliseconds: UInt64 = 10_000
    /// A slower body is 408; a client that takes its answers more slowly is closed.
    static let bytesPerSecondMin: UInt64 = 1024
    /// Time for the client to take notice of a last answer before the connection is cut.
    static let lingerMilliseconds: UInt64 = 2_000
    /// Period of the sweep over an event loop's connections.
    static let sweepMilliseconds: Int64 = 250
    /// Time that `DCS-Wait` and `DCS-Min-LSN` wait at most; then 504.
    static let waitMilliseconds: UInt64 = 5_000
    /// Period of looking again for a version that this node has not seen yet.
    static let seenPollMilliseconds: Int64 = 5
    /// Times a read begins again because the entry moved; then 503.
    static let movedReadsMax = 64

    /// Connections beyond `connectionsMax` that are told 503; further ones are cut at once.
    static let refusalsMax = 256
    /// Connections waiting for `accept`.
    static let acceptBacklog: Int32 = 4096
    /// Event streams open at a time; a further one is 503.
    static let eventStreamsMax = 64
    /// Period of looking for events to tell, while somebody listens.
    static let eventPollMilliseconds: Int64 = 20
    /// Time without an event after which a stream tells its position, to be known alive.
    static let eventSilenceMilliseconds: UInt64 = 15_000
    /// Time for which a client may take nothing of its stream; then the stream ends.
    static let eventStallMilliseconds: UInt64 = 5_000
    /// Time after which a client whose stream has ended is asked to come back.
    static let eventRetryMilliseconds = 1_000

    /// Connections to another node for forwarded requests, of each event loop; and requests on one
    /// before another is opened.
    static let forwardLinesMax = 4
    static let forwardDepth = 32
    /// Requests that wait on one line, or for one; a further one is 503.
    static let forwardWaitersMax = 4096
    /// How often a request is sent again to a node that does not know yet, or any more, that it leads
    /// the key, and how long that waits each time.
    static let forwardRetriesMax = 12
    static let forwardRetryMilliseconds: Int64 = 25
    /// Time for the answer to a forwarded request; then its outcome is unknown.
    static let forwardMilliseconds: UInt64 = 8_000
    /// Bytes of an answer that is passed on; a larger one ends the line.
    static let forwardedBytesMax = 512 << 20

    /// Sweeps between two looks for transactions that have ended without a word to their parts.
    static let sweepsPerSpreadSweep = 20

    /// Threads that wait for the disk.
    static let diskThreads = 8
    /// Requests that wait for the disk, all connections together; more are 503.
    static let diskJobsMax = 4096
}
