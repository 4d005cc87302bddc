/// How large a simulated cache is, and how much of it each key takes.
package struct CacheRoom: Sendable {
    /// What a cache is full of.
    package enum Unit: String, Sendable, CaseIterable {
        /// A number of entries, as the index of a node.
        case entries
        /// Bytes of entries, as the disk of a node.
        case bytes
    }

    package let unit: Unit
    /// The sum of the weights of all entries held at a time is at most this.
    package let capacity: Int
    /// What each key's entry takes, by number: its bytes, or 1.
    package let weights: [UInt32]

    /// The room for a share of everything that a trace asks for; at least 1.
    package init(_ unit: Unit, share: Double, of trace: Trace) {
        self.unit = unit
        switch unit {
        case .entries:
            weights = [UInt32](repeating: 1, count: trace.keys)
            capacity = max(Int(share * Double(trace.keys)), 1)
        case .bytes:
            weights = trace.sizes
            capacity = max(Int(share * Double(trace.bytes)), 1)
        }
    }

    /// A room of so many entries, or bytes.
    package init(_ unit: Unit, capacity: Int, weights: [UInt32]) {
        self.unit = unit
        self.capacity = capacity
        self.weights = weights
    }

    package var keys: Int { weights.count }

    /// True where an entry is larger than the whole cache: it is never kept.
    @inline(__always)
    func isTooSmall(for key: UInt32) -> Bool { Int(weights[Int(key)]) > capacity }

    /// Entries that fit, by their mean weight; at least 1.
    var entries: Int {
        let total = weights.reduce(0) { $0 + Int($1) }
        guard total > 0 else { return 1 }
        return max(capacity * keys / total, 1)
    }
}
