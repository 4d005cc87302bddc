internal import CacheBase
internal import Synchronization

/// The key index: 64 shards, each under its own lock, chosen by the top six bits of the hash.
///
/// Lock order: shard (ascending where several are held), then log, then hot tier. None is held
/// across a system call, a sleep or a callback that may take another.
final class KeyIndex: @unchecked Sendable {
    // Safe because: both pointers are set once, and a shard is used only under its lock.
    static let shardBits = 6
    static let shardCount = 1 << shardBits

    /// A shard and its lock in cache lines of their own.
    private struct Cell: ~Copyable {
        let lock = Mutex(())
        var shard: IndexShard
        private let padding: (UInt64, UInt64) = (0, 0)

        init(_ shard: consuming IndexShard) { self.shard = shard }
    }

    private let cells: UnsafeMutablePointer<Cell>

    /// - Parameters:
    ///   - entriesMax: that the index must be able to hold; address space is reserved for them.
    ///   - expectedEntries: that it will hold soon; the tables start large enough.
    init(entriesMax: Int, expectedEntries: Int) throws(StorageError) {
        let slotsMax = min(IndexShard.idLimit, entriesMax / Self.shardCount * 5 / 4 + 4096)
        // Pages are at least 0.45 full but for the first of each shard.
        let pageBytes = max(slotsMax, expectedEntries / Self.shardCount) * 12 + (64 << 10)
        let arena = try IndexArena(
            bytes: Self.shardCount * (SlotSlab.arenaBytes(slots: slotsMax) + pageBytes))
        let expected = expectedEntries / Self.shardCount
        cells = .allocate(capacity: Self.shardCount)
        for index in 0..<Self.shardCount {
            // 32 to 63 lines: page sizes one octave wide, spread evenly over the shards.
            let shard = IndexShard(
                lines: 32 + index % 32, slotsMax: slotsMax,
                expectedEntries: expected + expected / 64, arena: arena)
            (cells + index).initialize(to: Cell(shard))
        }
    }

    deinit {
        cells.deinitialize(count: Self.shardCount)
        cells.deallocate()
    }

    @inline(__always)
    static func shardNumber(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash >> UInt64(64 - shardBits))
    }

    /// Runs `body` under the lock of a hash's shard.
    @inline(__always)
    func withShard<Result, Failure: Error>(
        of hash: UInt64, _ body: (inout IndexShard) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withShard(Self.shardNumber(hash), body)
    }

    /// Runs `body` under the lock of shard `number`.
    @inline(__always)
    func withShard<Result, Failure: Error>(
        _ number: Int, _ body: (inout IndexShard) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let cell = cells + number
        // The result leaves the lock by way of a variable, since it need not be `sending`.
        var result: Result?
        try cell.pointee.lock.withLock { _ throws(Failure) in
            result = try body(&cell.pointee.shard)
        }
        return result.unsafelyUnwrapped
    }

    /// Runs `body` under the locks of several shards, taken in ascending order. Inside, shards are
    /// reached by `withHeldShard`.
    /// - Parameter shards: bit n stands for shard n.
    func withShards<Result, Failure: Error>(
        _ shards: UInt64, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard shards != 0 else { return try body() }
        var result: Result?
        try cells[shards.trailingZeroBitCount].lock.withLock { _ throws(Failure) in
            result = try withShards(shards & (shards &- 1), body)
        }
        return result.unsafelyUnwrapped
    }

    /// A shard whose lock the caller holds.
    @inline(__always)
    func withHeldShard<Result>(of hash: UInt64, _ body: (inout IndexShard) -> Result) -> Result {
        body(&cells[Self.shardNumber(hash)].shard)
    }

    /// Entries of all shards; each shard's number is from a slightly different moment.
    var count: Int { sum { $0.count } }
    var bytes: Int { sum { $0.bytes } }

    /// Limits the index to about `entries` entries.
    func setCapacity(_ entries: Int) {
        let each = min(max(entries / Self.shardCount, 16), IndexShard.idLimit)
        for number in 0..<Self.shardCount { withShard(number) { $0.capacity = each } }
    }

    func sum(_ value: (borrowing IndexShard) -> Int) -> Int {
        var total = 0
        for number in 0..<Self.shardCount { total += withShard(number) { value($0) } }
        return total
    }
}
