package import CacheBase

/// When a write's record reaches the disk.
package enum SyncMode: Sendable, Hashable {
    /// Before the write is answered; concurrent writes share one sync (group commit).
    case always
    /// In the background, at least this often: what a power loss may cost.
    case interval(milliseconds: Int)
    /// When the kernel likes.
    case never
}

/// What an engine is opened with. Sizes in bytes.
package struct EngineOptions: Sendable {
    /// The data folder; made where there is none.
    package var directory: String
    /// For index, hot values and mapped log together, the process's own share included.
    package var memoryBytesMax: UInt64 = 1 << 30
    /// For segment files.
    package var diskBytesMax: UInt64 = 10 << 30
    package var sync: SyncMode = .interval(milliseconds: 100)
    package var keyBytesMax = Limits.keyBytesDefault
    package var valueBytesMax = Limits.valueBytesDefault
    /// False keeps no values in memory beyond the log's tail.
    package var hotTier = true

    package init(directory: String) { self.directory = directory }
}
