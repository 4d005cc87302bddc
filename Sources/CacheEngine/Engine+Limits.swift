internal import CacheBase

extension Engine {
    /// What `setMemoryMax` takes. Address space and the files of the log were laid out for the
    /// memory at the start: up to four times of it, down to a quarter.
    package var memoryBytesRange: ClosedRange<UInt64> {
        let start = UInt64(parts.sizes.memoryBytesMax)
        let low = max(Limits.memoryBytesMin, start / UInt64(EngineSizes.growthMax))
        return min(low, start)...start * UInt64(EngineSizes.growthMax)
    }

    /// Changes the memory that the process may take.
    ///
    /// Less of it empties the hot tier in the background and lets the index grow no further; what
    /// the index has already goes back to the system with the next start.
    /// - Precondition: `bytes` is in `memoryBytesRange`.
    package func setMemoryMax(_ bytes: UInt64) {
        precondition(memoryBytesRange.contains(bytes), "the memory was not laid out for that")
        let bytes = Int(bytes)
        let sizes = parts.sizes
        parts.limits.memoryBytesMax = bytes
        parts.log.setBacklogMax(sizes.backlogBytesMax(memoryBytes: bytes))
        guard options.entriesMax == nil else { return }
        parts.index.setCapacity(
            EngineSizes.entriesMax(
                memoryBytes: bytes, logFileBytes: sizes.logFileBytes, options.eviction))
    }

    /// Changes the bytes that segment files may take. Where they take more, entries are evicted and
    /// compaction gives the space back, in the background.
    package func setDiskMax(_ bytes: UInt64) { parts.limits.diskBytesMax = bytes }

    /// Changes when a write's record reaches the disk. What was acknowledged before is synced soon,
    /// so that nothing older than the change is less durable than the new mode promises.
    package func setSync(_ mode: SyncMode) { parts.setSync(mode) }

    /// True where writes are refused, or soon will be, because the disk is full. Heals by itself.
    package var isDiskFull: Bool { parts.log.isFull }
}
