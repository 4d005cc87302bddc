internal import CacheBase
internal import CacheSecurity

/// What the data plane is configured with. Sizes in bytes, times in milliseconds.
package struct DataPlaneSettings: Sendable, Equatable {
    /// Of a write that names no time to live; 0 for never. May change at run time.
    package var defaultTTLMilliseconds: UInt64 = 300_000
    /// `max_key_size`; a longer key is 400.
    package var keyBytesMax = Limits.keyBytesDefault
    /// `max_value_size`; a larger value is 413.
    package var valueBytesMax = Limits.valueBytesDefault
    /// Whether `/transaction/…` is served.
    package var transactionsEnabled = true
    /// `max_connections`; a further one is answered 503 and closed.
    package var connectionsMax = 10_000
    /// Bodies beyond the small ones, all connections together, and as much again of answers; a
    /// request that would exceed it is 503.
    package var bufferBytesMax = 128 << 20
    package var headMilliseconds = HTTPLimits.headMilliseconds
    package var handshakeMilliseconds = SecurityLimits.handshakeMilliseconds
    package var idleMilliseconds = HTTPLimits.idleMilliseconds
    /// What `DCS-Wait` and `DCS-Min-LSN` wait at most.
    package var waitMilliseconds = HTTPLimits.waitMilliseconds
    /// For how long a client may take nothing of its event stream.
    package var eventStallMilliseconds = HTTPLimits.eventStallMilliseconds

    package init() {}

    /// A body that carries the largest entry as JSON, every byte of it escaped.
    var jsonBodyBytesMax: Int {
        (keyBytesMax + valueBytesMax) * HTTPLimits.jsonEscapeFactor
            + HTTPLimits.jsonOverheadBytesMax
    }
}
