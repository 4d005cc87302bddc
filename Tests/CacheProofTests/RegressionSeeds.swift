/// Seeds of runs that found a fault, with what it was. A change of what runs do makes a seed another
/// run; it stays here all the same, as good as any.
enum RegressionSeeds {
    static let all: [UInt64] = [
        // A sync that failed, a restart on the same kernel, a power loss: records were gone that a
        // later sync had claimed.
        2,
        // Log files older than the newest were not synced by the first sync after a kill.
        5,
        // A checkpoint that was not durable gave way to the one before, whose segments were deleted.
        46, 92,
        // Records that a power loss took back went on again when their log file was reused.
        23, 107, 147,
        // An entry that had been told expired came back after a kill and a step of the clock.
        21, 158,
        // Compaction rewrote a small segment for ever.
        20,
        // The model took a transaction's delete of an expired entry for a change.
        138_105_067,
        // What must be there after a loss of power ended with a record that wrote no key.
        1_303_975_508,
        // A start that failed for want of space, after it had cut a torn log.
        4_153_408_373,
        // A checkpoint failed after the last flush that a full log allowed: no write was taken ever
        // after.
        3_481_046_937,
    ]
}
