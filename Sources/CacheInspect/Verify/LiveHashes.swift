/// Hashes of live keys, divided so that each part fits a processor's cache: two that are the same
/// would be two versions of one key.
struct LiveHashes: Sendable {
    static let partCount = 256

    /// Ordered by part once `divide` was called.
    private var hashes: [UInt64] = []
    /// Where each part begins in `hashes`, and the last one ends.
    private var bounds: [Int] = []

    var count: Int { hashes.count }

    mutating func reserve(_ count: Int) { hashes.reserveCapacity(count) }

    @inline(__always)
    mutating func add(_ hash: UInt64) { hashes.append(hash) }

    /// Orders by part: counts, then places.
    /// - Complexity: O(n).
    mutating func divide() {
        bounds = [Int](repeating: 0, count: Self.partCount + 1)
        for hash in hashes { bounds[Self.part(hash) + 1] += 1 }
        for part in 0..<Self.partCount { bounds[part + 1] += bounds[part] }
        var next = bounds
        hashes = [UInt64](unsafeUninitializedCapacity: hashes.count) { room, count in
            for hash in hashes {
                room[next[Self.part(hash)]] = hash
                next[Self.part(hash)] += 1
            }
            count = hashes.count
        }
    }

    @inline(__always)
    private static func part(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 56) }

    /// The hashes of one part, after `divide`.
    func part(_ number: Int) -> ArraySlice<UInt64> { hashes[bounds[number]..<bounds[number + 1]] }

    /// Those of `wanted` that occur here, each as often as it does.
    func matches(_ wanted: Set<UInt64>) -> [UInt64] { hashes.filter(wanted.contains) }

    /// Hashes that occur more than once in one part of several collections.
    /// - Complexity: O(n) expected.
    static func repeated(_ part: Int, in all: [LiveHashes]) -> Set<UInt64> {
        let count = all.reduce(0) { $0 + $1.part(part).count }
        var capacity = 16
        while capacity < 2 * count { capacity *= 2 }
        var table = [UInt64](repeating: 0, count: capacity)
        var repeated: Set<UInt64> = []
        var zeros = 0
        for hashes in all {
            for hash in hashes.part(part) {
                if hash == 0 {
                    zeros += 1
                } else if !insert(hash, into: &table) {
                    repeated.insert(hash)
                }
            }
        }
        if zeros > 1 { repeated.insert(0) }
        return repeated
    }

    /// - Returns: false where it is there already. Zero marks a free place.
    @inline(__always)
    private static func insert(_ hash: UInt64, into table: inout [UInt64]) -> Bool {
        let mask = table.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while table[place] != 0 {
            if table[place] == hash { return false }
            place = (place + 1) & mask
        }
        table[place] = hash
        return true
    }
}
