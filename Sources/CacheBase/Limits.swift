/// Every limit of the storage engine in one place, with what happens when it is reached.
package enum Limits {
    /// Parts of the key space; the same on every node and for ever.
    @inlinable package static var partitions: Int { 1024 }
    /// LSNs, segments, log files and checkpoints are numbered below it: the first would be reached
    /// in a hundred thousand years at a million writes a second. What is read from a disk with a
    /// higher one is damaged; so it can be counted on from any number that was read.
    @inlinable package static var numberCeiling: UInt64 { 1 << 62 }
    /// Entries of a segment; a full one is followed by another. A file that claims more is damaged,
    /// so that nobody counts what is not there.
    @inlinable package static var segmentEntriesMax: Int { 1 << 24 }
    /// Longest key a configuration may allow; a longer one is refused (`tooLarge`).
    @inlinable package static var keyBytesCeiling: Int { 8191 }
    /// Default of `max_key_size`.
    @inlinable package static var keyBytesDefault: Int { 4096 }
    /// Longest value a configuration may allow; a longer one is refused (`tooLarge`).
    @inlinable package static var valueBytesCeiling: Int { 256 << 20 }
    /// Default of `max_value_size`.
    @inlinable package static var valueBytesDefault: Int { 16 << 20 }
    /// Longest content type kept with an entry; a longer one is refused (`tooLarge`).
    @inlinable package static var contentTypeBytesMax: Int { 255 }
    /// Writes in one atomic batch; more are refused (`tooLarge`).
    @inlinable package static var batchWritesMax: Int { 10_000 }
    /// Values that the reads of one atomic batch copy under its locks; a read beyond it is
    /// answered so in its place (`overLimit`).
    @inlinable package static var batchReadBytesMax: Int { 64 << 20 }
    /// Payload of one log record, a batch included; more is refused (`tooLarge`).
    @inlinable package static var recordPayloadBytesMax: Int { 300 << 20 }
    /// Transactions open at a time; a further start is refused (`tooMany`).
    @inlinable package static var transactionsOpenMax: Int { 10_000 }
    /// Objects of ended transactions that are kept for those to come.
    @inlinable package static var transactionsIdleMax: Int { 256 }
    /// Keys that one transaction reads or writes; more are refused (`tooLarge`).
    @inlinable package static var transactionKeysMax: Int { 10_000 }
    /// Bytes of one transaction's writes; more are refused (`tooLarge`). Smaller where an eighth of
    /// the memory is.
    @inlinable package static var transactionBytesMax: Int { 64 << 20 }
    /// Rounds in which a commit reads versions that only the disk knows; an entry that moves
    /// through all of them counts as changed.
    @inlinable package static var commitRoundsMax: Int { 8 }
    /// Milliseconds for which the outcome of an ended transaction is known at least.
    @inlinable package static var outcomeRetentionMilliseconds: UInt64 { 600_000 }
    /// Outcomes kept, two bits each, in groups; beyond them (100,000 transactions a second for the
    /// whole retention) the oldest are forgotten early, and are answered `unknown`.
    @inlinable package static var outcomeGroupsMax: Int { 16_384 }
    /// Starts of the process whose transactions are remembered; the oldest is forgotten first.
    @inlinable package static var incarnationsMax: Int { 1024 }
    /// Changes that a follower is given at a time, and bytes of their keys, about: a record's are
    /// never parted.
    @inlinable package static var changesPerPage: Int { 512 }
    @inlinable package static var changeKeyBytesPerPage: Int { 64 << 10 }
    /// Bytes of values that a follower of the log's tail is given at a time, about.
    @inlinable package static var followedValueBytesPerPage: Int { 1 << 20 }
    /// Times that a read by hash begins again because the entry moved; then it is not found.
    @inlinable package static var movedReadsMax: Int { 64 }
    /// Expired and evicted entries noted for followers whose keys were not read yet; further ones
    /// are missed, and the followers told so. From the lower number on, who takes out many reads.
    @inlinable package static var unreadRemovalsMax: Int { 16_384 }
    @inlinable package static var unreadRemovalsHigh: Int { 4096 }
    /// Expired and evicted entries remembered for followers, and bytes of their keys; the oldest
    /// half is forgotten first, and a follower behind it told so.
    @inlinable package static var recentRemovalsMax: Int { 16_384 }
    @inlinable package static var recentRemovalBytesMax: Int { 4 << 20 }
    /// Time for which they are still noted after the last follower has gone: it may come back.
    @inlinable package static var removalLingerNanoseconds: UInt64 { 30_000_000_000 }
    /// Copied entries that a replica writes as one record.
    @inlinable package static var copiesPerRecord: Int { 512 }
    /// Smallest `max_memory`: the process itself needs about half of it.
    @inlinable package static var memoryBytesMin: UInt64 { 64 << 20 }
    /// Smallest `max_disk`.
    @inlinable package static var diskBytesMin: UInt64 { 64 << 20 }
}
