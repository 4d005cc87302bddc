package import CacheBase

/// Something that a repair could not save, or could not decide.
package struct Loss: Hashable, Sendable {
    /// The damaged file, from the data folder on.
    package let file: String
    /// Of the file; nil for the whole of it.
    package let range: Range<UInt64>?
    /// Live entries that were lost with it; nil where that is not known.
    package let entries: Int?
    /// What happened, as a sentence without a capital and a full stop.
    package let what: String
    /// True where it held deletions or newer versions, so that older ones may have come back.
    package let mayRevive: Bool

    init(
        _ file: String, _ range: Range<UInt64>?, entries: Int? = nil, _ what: String,
        mayRevive: Bool = false
    ) {
        self.file = file
        self.range = range
        self.entries = entries
        self.what = what
        self.mayRevive = mayRevive
    }
}

/// What a repair read, saved and lost.
package struct RepairReport: Sendable {
    package internal(set) var losses: [Loss] = []
    /// Entries of the new folder.
    package internal(set) var savedEntries = 0
    package internal(set) var savedBytes: UInt64 = 0
    /// Whole entries that were left out because they were deleted, overwritten or evicted.
    package internal(set) var deadEntries = 0
    /// Whole entries that were left out because their time had come.
    package internal(set) var expiredEntries = 0
    /// The first version that the new folder will give out.
    package internal(set) var nextLSN = LSN.zero
}
