/// Requests for keys, in order, with a size for each key.
///
/// Keys are numbers from 0 without gaps, so that a policy keeps what it knows of them in arrays. An
/// entry has one size for the whole trace.
package struct Trace: Sendable {
    package let name: String
    /// A key for each request.
    package let requests: [UInt32]
    /// Bytes of each key's entry, at least 1.
    package let sizes: [UInt32]

    /// Distinct keys.
    package var keys: Int { sizes.count }
    /// Bytes of all entries together.
    package var bytes: Int { sizes.reduce(0) { $0 + Int($1) } }
    /// True where all entries have the same size: counting entries is counting bytes then.
    package var isUniform: Bool { sizes.allSatisfy { $0 == sizes[0] } }
}

/// Makes a trace of requests that come one by one, and gives keys their numbers.
package struct TraceBuilder {
    /// The trace is as long as, or has as many keys as, `EvictionLimits` allows.
    package struct Full: Error {}

    private var numbers: [UInt64: UInt32] = [:]
    private var requests: [UInt32] = []
    private var sizes: [UInt32] = []

    package init() {}

    /// Adds a request for the key that `hash` stands for. Two keys of one hash are one key.
    ///
    /// Where requests for a key differ in size, its entry has the largest: a policy that sees it
    /// grow would have to evict in the middle of a hit.
    /// - Throws: `Full`; the request was not added.
    package mutating func add(_ hash: UInt64, bytes: UInt32) throws(Full) {
        guard requests.count < EvictionLimits.requestsMax else { throw Full() }
        let bytes = max(bytes, 1)
        if let number = numbers[hash] {
            requests.append(number)
            if bytes > sizes[Int(number)] { sizes[Int(number)] = bytes }
            return
        }
        guard sizes.count < EvictionLimits.keysMax else { throw Full() }
        let number = UInt32(sizes.count)
        numbers[hash] = number
        sizes.append(bytes)
        requests.append(number)
    }

    /// The trace of what was added.
    package consuming func trace(named name: String) -> Trace {
        Trace(name: name, requests: requests, sizes: sizes)
    }
}
