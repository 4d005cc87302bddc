internal import CShims
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
        let lock = ShortLock()
        /// The shard's `hint`, for those who prefetch without the lock.
        let hint: Atomic<UInt64>
        var shard: IndexShard

        init(_ shard: consuming IndexShard) {
            hint = Atomic(shard.hint)
            self.shard = shard
        }
    }

    private let cells: UnsafeMutablePointer<Cell>

    /// - Parameters:
    ///   - entriesMax: that the index must be able to hold; address space is reserved for them.
    ///   - expectedEntries: that it will hold soon; the tables start large enough.
    ///   - eviction: the order that each shard keeps its entries in.
    init(
        entriesMax: Int, expectedEntries: Int, eviction: EvictionMode = .lru
    ) throws(StorageError) {
        let slotsMax = min(IndexShard.idLimit, entriesMax / Self.shardCount * 5 / 4 + 4096)
        // Pages are at least 0.45 full but for the first of each shard.
        let pageBytes = max(slotsMax, expectedEntries / Self.shardCount) * 12 + (64 << 10)
        let arena = try IndexArena(
            bytes: Self.shardCount * (SlotSlab.arenaBytes(slots: slotsMax) + pageBytes))
        let expected = expectedEntries / Self.shardCount
        cells = .allocate(capacity: Self.shardCount)
        for index in 0..<Self.shardCount {
            let shard = IndexShard(
                lines: Self.lines(index), slotsMax: slotsMax,
                expectedEntries: expected + expected / 64, eviction: eviction, arena: arena)
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
        cell.pointee.lock.lock()
        defer { cell.pointee.lock.unlock() }
        return try body(&cell.pointee.shard)
    }

    /// Starts loading the line that a lookup of this hash will probe. Takes no lock: it reads
    /// only what stays in place, and a stale address costs a wasted load.
    @inline(__always)
    func prefetchLine(_ hash: UInt64) {
        dcs_prefetch(line(hash))
    }

    @inline(__always)
    func line(_ hash: UInt64) -> UnsafeMutablePointer<UInt32> {
        let number = Self.shardNumber(hash)
        let hint = cells[number].hint.load(ordering: .relaxed)
        let directory = UnsafePointer<UInt64>(
            bitPattern: UInt(hint & (1 << 56 &- 1))
        ).unsafelyUnwrapped
        let index = (hash & (1 << 48 &- 1)) >> (48 &- hint >> 56)
        let address = UInt(dcs_atomic_load(directory + Int(truncatingIfNeeded: index)))
        let page = IndexPage(
            memory: UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped,
            lines: Self.lines(number))
        return page.line(page.home(hash))
    }

    /// 32 to 63 lines: page sizes one octave wide, spread evenly over the shards.
    @inline(__always)
    private static func lines(_ number: Int) -> Int { 32 &+ number & 31 }

    /// Publishes where the directory of a shard is now; under its lock, after an insertion.
    @inline(__always)
    func noteGrowth(of hash: UInt64) {
        let cell = cells + Self.shardNumber(hash)
        let hint = cell.pointee.shard.hint
        if cell.pointee.hint.load(ordering: .relaxed) != hint {
            cell.pointee.hint.store(hint, ordering: .releasing)
        }
    }

    /// Runs `body` under the locks of several shards, taken in ascending order. Inside, shards are
    /// reached by `withHeldShard`.
    /// - Parameter shards: bit n stands for shard n.
    func withShards<Result, Failure: Error>(
        _ shards: UInt64, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        for number in 0..<Self.shardCount where shards >> UInt64(number) & 1 != 0 {
            cells[number].lock.lock()
        }
        defer {
            for number in 0..<Self.shardCount where shards >> UInt64(number) & 1 != 0 {
                cells[number].lock.unlock()
            }
        }
        return try body()
    }

    /// A shard whose lock the caller holds.
    @inline(__always)
    func withHeldShard<Result>(of hash: UInt64, _ body: (inout IndexShard) -> Result) -> Result {
        body(&cells[Self.shardNumber(hash)].shard)
    }

    /// A shard without its lock, for prefetching alone.
    @inline(__always)
    func withUnlockedShard<Result>(of hash: UInt64, _ body: (borrowing IndexShard) -> Result)
        -> Result
    {
        body(cells[Self.shardNumber(hash)].shard)
    }

    /// Entries of all shards; each shard's number is from a slightly different moment.
    var count: Int { sum { $0.count } }
    var bytes: Int { sum { $0.bytes } }

    /// Limits the index to about `entries` entries.
    func setCapacity(_ entries: Int) {
        let each = min(max(entries / Self.shardCount, 16), IndexShard.idLimit)
        for number in 0..<Self.shardCount {
            withShard(number) { $0.capacity = min(each, $0.slotsMax) }
        }
    }

    /// What is inserted from now on is new, and not what a start found.
    func endFilling() {
        for number in 0..<Self.shardCount { withShard(number) { $0.isFilling = false } }
    }

    func sum(_ value: (borrowing IndexShard) -> Int) -> Int {
        var total = 0
        for number in 0..<Self.shardCount { total += withShard(number) { value($0) } }
        return total
    }
}
