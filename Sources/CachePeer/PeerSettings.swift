internal import NIOCore

/// Times and bounds of links and listeners. Only tests have others than the limits' own.
package struct PeerSettings: Sendable {
    package var frameBytesMax = PeerLimits.frameBytesMax
    package var outboundBytesHigh = PeerLimits.outboundBytesHigh
    package var outboundBytesLow = PeerLimits.outboundBytesLow
    package var outboundBytesMax = PeerLimits.outboundBytesMax
    package var connectMilliseconds = PeerLimits.connectMilliseconds
    package var handshakeMilliseconds = PeerLimits.handshakeMilliseconds
    package var heartbeatMilliseconds = PeerLimits.heartbeatMilliseconds
    package var silenceMilliseconds = PeerLimits.silenceMilliseconds
    package var userTimeoutMilliseconds = PeerLimits.userTimeoutMilliseconds
    package var handshakesMax = PeerLimits.handshakesMax
    package var connectionsPerNodeMax = PeerLimits.connectionsPerNodeMax
    package var connectionsMax = PeerLimits.connectionsMax
    package var pooledConnectionsMax = PeerLimits.pooledConnectionsMax
    package var poolIdleMilliseconds = PeerLimits.poolIdleMilliseconds

    package init() {}

    /// Looks at a link's silence in one heartbeat.
    static let ticksPerHeartbeat = 4

    var tick: TimeAmount {
        .nanoseconds(heartbeatMilliseconds * 1_000_000 / Int64(Self.ticksPerHeartbeat))
    }

    var heartbeat: Heartbeat {
        let ticks = silenceMilliseconds * Int64(Self.ticksPerHeartbeat) / heartbeatMilliseconds
        return Heartbeat(ticksPerBeat: Self.ticksPerHeartbeat, ticksToSilence: Int(ticks))
    }
}
