/// Every limit of the client in one place, with what happens when it is reached.
enum ClientLimits {
    /// Time for a connection; then the node is not reachable.
    static let connectSeconds: Int64 = 5
    /// Time in which a node sends nothing of an answer that it owes; then it is not reachable.
    static let silenceSeconds: Int64 = 60
    /// A document that is read whole, such as `/stats`, `/metrics` or the answer to a batch; a
    /// longer one is refused.
    static let documentBytesMax = 96 << 20
    /// A problem document, of which the sentence is shown.
    static let problemBytesMax = 64 << 10
    /// Bytes read from a file or standard input at a time.
    static let pieceBytes = 64 << 10

    /// A line of an import; a longer one is refused. A value of 64 MiB in JSON's longest form.
    static let lineBytesMax = 6 * (64 << 20)
    /// Writes of an import in one request; the server takes 10,000.
    static let batchOperationsMax = 512
    /// Bytes of a request of an import, before which it is sent.
    static let batchBytesMax = 1 << 20
    /// A write too large for a batch to be kept waiting; it goes alone.
    static let batchedBytesMax = 256 << 10
    /// Requests of an import or export under way.
    static let requestsMax = 8
    /// Times that a request is made again where the node is overloaded or not reachable.
    static let attemptsMax = 5
    /// Time before the second attempt, doubled for each further one.
    static let retryMilliseconds: UInt64 = 200
    /// What a node may ask to wait before the next attempt.
    static let retryMillisecondsMax: UInt64 = 10_000
    /// Keys in one answer of a listing, as many as the server gives.
    static let listedKeysMax = 200
}
