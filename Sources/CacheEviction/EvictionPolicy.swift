/// What a cache keeps: told of each request in turn, a policy says whether the key was there.
///
/// A key that was not is admitted or not, as the policy decides, since a client that misses writes.
/// Between requests the weights of what is held never exceed the room's capacity. Memory is bounded
/// by the number of keys.
package protocol EvictionPolicy {
    init(_ room: CacheRoom)

    /// The next request.
    /// - Returns: true for a hit.
    mutating func request(_ key: UInt32) -> Bool

    /// Weight of what is held.
    var used: Int { get }
}

/// The policies that are compared, by the names of the command line.
package enum PolicyName: String, Sendable, CaseIterable {
    /// What no policy can exceed; see `Optimum`.
    case optimum
    case lru
    case builtLRU = "lru-as-built"
    case s3FIFO = "s3-fifo"
    case builtS3FIFO = "s3-fifo-as-built"
    case sieve
    case tinyLFU = "w-tinylfu"

    /// Hits among the requests from number `first` on, all of which the policy sees.
    /// - Complexity: O(requests), and O(requests · log) of the optimum.
    package func hits(_ room: CacheRoom, _ requests: [UInt32], from first: Int = 0) -> Int {
        switch self {
        case .optimum: Optimum.hits(room, requests, from: first)
        case .lru: Self.hits(ExactLRU(room), requests, first)
        case .builtLRU: Self.hits(BuiltLRU(room), requests, first)
        case .s3FIFO: Self.hits(S3FIFO(room), requests, first)
        case .builtS3FIFO: Self.hits(BuiltS3FIFO(room), requests, first)
        case .sieve: Self.hits(Sieve(room), requests, first)
        case .tinyLFU: Self.hits(TinyLFU(room), requests, first)
        }
    }

    private static func hits(
        _ policy: consuming some EvictionPolicy, _ requests: [UInt32], _ first: Int
    ) -> Int {
        var hits = 0
        for (number, key) in requests.enumerated() where policy.request(key) && number >= first {
            hits += 1
        }
        return hits
    }
}
