internal import CacheBase
internal import CacheFormat

/// A place in the log where somebody may begin to read, with what was before it.
struct LogMark {
    let position: LogPosition
    /// The newest of each partition before the place.
    let sequences: [UInt64]
}

/// Which files of the log are kept though everything in them is in segments: for replicas that have
/// not read them yet.
///
/// Invariant: no more than `filesMax` such files are kept, whatever is pinned.
struct LogPins {
    /// Files kept for everybody.
    var filesKept: UInt64 = 0
    /// Files kept at most for who has pinned one.
    var filesMax: UInt64 = 0
    private var pinned: [UInt64: UInt64] = [:]
    private var next: UInt64 = 0

    /// Keeps a file and all after it until `unpin`.
    mutating func pin(_ file: UInt64) -> UInt64 {
        next += 1
        pinned[next] = file
        return next
    }

    /// Moves a pin on.
    mutating func move(_ pin: UInt64, to file: UInt64) {
        if pinned[pin] != nil { pinned[pin] = file }
    }

    mutating func unpin(_ pin: UInt64) { pinned[pin] = nil }

    /// The first file to keep, where the flusher needs none before `needed`.
    func firstKept(_ needed: UInt64) -> UInt64 {
        let standard = needed - min(needed, filesKept)
        guard let oldest = pinned.values.min() else { return standard }
        let limit = needed - min(needed, filesMax)
        return min(standard, max(oldest, limit))
    }
}
