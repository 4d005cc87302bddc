/// Hashes of live keys, divided so that each part fits a processor's cache: two that are the same
/// would be two versions of one key.
struct LiveHashes: Sendable {
    static let partCount = 256

    private(set) var parts = [[UInt64]](repeating: [], count: partCount)

    var count: Int { parts.reduce(0) { $0 + $1.count } }

    @inline(__always)
    mutating func add(_ hash: UInt64) { parts[Int(truncatingIfNeeded: hash >> 56)].append(hash) }

    /// Hashes that occur more than once in one part of several collections.
    /// - Complexity: O(n) expected.
    static func repeated(_ part: Int, in all: [LiveHashes]) -> Set<UInt64> {
        let count = all.reduce(0) { $0 + $1.parts[part].count }
        var capacity = 16
        while capacity < 2 * count { capacity *= 2 }
        var table = [UInt64](repeating: 0, count: capacity)
        var repeated: Set<UInt64> = []
        var zeros = 0
        for hashes in all {
            for hash in hashes.parts[part] {
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
