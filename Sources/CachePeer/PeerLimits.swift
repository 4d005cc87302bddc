/// Every limit of the transport between nodes in one place, with what happens when it is reached.
package enum PeerLimits {
    /// Bytes of a frame behind its length; a longer one ends the link before anything is allocated.
    package static let frameBytesMax = 64 << 20
    /// Bytes that a link holds for its socket from which a sender is to pause, and down to which
    /// they fall before it goes on. So much is encrypted in one turn of the event loop, about a
    /// millisecond; more was not faster.
    package static let outboundBytesHigh = 1 << 20
    package static let outboundBytesLow = 256 << 10
    /// Bytes that a link holds at all, for a sender that does not pause; then it ends.
    package static let outboundBytesMax = 256 << 20
    /// Frames below this size are copied together; larger bodies are sent from where they are.
    static let copiedBodyBytesMax = 16 << 10
    /// Bytes of frames that are collected for one write.
    static let batchBytes = 64 << 10

    /// Time for a connection to be established, and for its handshake; then it is cut.
    package static let connectMilliseconds: Int64 = 3_000
    package static let handshakeMilliseconds: Int64 = 5_000
    /// Time without a word from this side after which it says one, and without a word from the
    /// other after which it asks for one.
    package static let heartbeatMilliseconds: Int64 = 1_000
    /// Time without a word after which the other side is taken for gone; then the link ends.
    package static let silenceMilliseconds: Int64 = 3_000
    /// Time for which sent bytes may stay without acknowledgement; then the system ends the
    /// connection. It is also the longest time for which a receiver may leave its socket full.
    package static let userTimeoutMilliseconds: Int64 = 30_000
    /// Time for TLS to say goodbye at an orderly end; then the connection is cut.
    static let shutdownMilliseconds: Int64 = 1_000

    /// Connections that wait to be accepted; the system turns a further one away.
    static let acceptBacklog: Int32 = 512
    /// Connections of a listener in their handshake, of one node, and at all; a further one is cut.
    package static let handshakesMax = 256
    package static let connectionsPerNodeMax = 1024
    package static let connectionsMax = 8192

    /// Bounds of the time between two attempts to reach a node.
    package static let retryMillisecondsMin: Int64 = 50
    package static let retryMillisecondsMax: Int64 = 2_000
    /// A link that lived so long was a good one: after it, attempts begin at the shortest time.
    package static let settledMilliseconds: Int64 = 2_000

    /// Connections for requests that an event loop keeps to one node; a further request waits.
    package static let pooledConnectionsMax = 32
    /// Requests that wait for one of them; a further one fails.
    package static let pooledWaitersMax = 1024
    /// Time after which a connection that nobody used is closed, about.
    package static let poolIdleMilliseconds: Int64 = 60_000
}
