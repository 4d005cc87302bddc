internal import CacheBase
internal import CacheFormat

/// Which segments to compact, from figures alone: no I/O, no clock of its own.
///
/// Cost and benefit after LFS (Rosenblum and Ousterhout, 1992): reading and rewriting a segment of
/// live share u costs 1 + u and frees 1 - u, for about as long as it has been stable already.
struct CompactionPolicy: Sendable {
    struct Candidate: Sendable {
        let id: SegmentID
        let fileBytes: UInt64
        let liveBytes: UInt64
        let liveEntries: Int
        /// Milliseconds since it was written.
        let age: UInt64
        /// Milliseconds until its last entry expires; nil where one never does.
        let timeLeft: UInt64?

        var liveShare: Double { min(1, Double(liveBytes) / Double(max(fileBytes, 1))) }
    }

    let diskBytesMax: UInt64
    /// Less than this on disk is not worth a rewrite, however much of it is dead.
    let quietBytes: UInt64
    /// Live share above which a segment is never rewritten: write amplification 1 / (1 - u) of 4.
    static let liveShareMax = 0.75
    /// A segment whose last entry expires within so many milliseconds is left to, unless the disk
    /// is nearly full: all of it comes back for nothing, and a copy would not pay.
    static let expiresSoon: UInt64 = 6 * 3_600_000
    /// The same where the disk is nearly full.
    static let expiresVerySoon: UInt64 = 120_000

    /// Segments with nothing live: deleted unread.
    func dead(_ candidates: [Candidate]) -> [SegmentID] {
        candidates.filter { $0.liveEntries == 0 }.map(\.id)
    }

    /// True where the disk is so full that space is worth any copy that frees some.
    private func isUnderPressure(_ candidates: [Candidate]) -> Bool {
        Double(used(candidates)) > EngineSizes.diskFillHigh * Double(diskBytesMax)
    }

    /// True where compaction should run: the disk is nearly full, or half of what compaction is
    /// for is dead.
    func isDue(_ candidates: [Candidate]) -> Bool {
        let isPressed = isUnderPressure(candidates)
        if isPressed { return true }
        let lasting = candidates.filter { !isLeftToExpire($0, isPressed) }
        let used = used(lasting)
        let live = lasting.reduce(UInt64(0)) { $0 + $1.liveBytes }
        return used > quietBytes
            && Double(used - min(live, used)) > EngineSizes.deadShareHigh * Double(used)
    }

    private func used(_ candidates: [Candidate]) -> UInt64 {
        candidates.reduce(0) { $0 + $1.fileBytes }
    }

    /// The segments to rewrite together next, best first: up to `outputBytes` of live entries.
    func victims(_ candidates: [Candidate], outputBytes: UInt64) -> [SegmentID] {
        let isPressed = isUnderPressure(candidates)
        var chosen: [SegmentID] = []
        var bytes: UInt64 = 0
        let ranked =
            candidates
            .filter { $0.liveShare <= Self.liveShareMax && !isLeftToExpire($0, isPressed) }
            .sorted { score($0) > score($1) }
        for candidate in ranked {
            if bytes + candidate.liveBytes > outputBytes, !chosen.isEmpty { break }
            chosen.append(candidate.id)
            bytes += candidate.liveBytes
        }
        return chosen
    }

    private func isLeftToExpire(_ candidate: Candidate, _ isPressed: Bool) -> Bool {
        guard let left = candidate.timeLeft else { return false }
        return left < (isPressed ? max(Self.expiresVerySoon, candidate.age) : Self.expiresSoon)
    }

    private func score(_ candidate: Candidate) -> Double {
        let share = candidate.liveShare
        return (1 - share) * Double(candidate.age + 1000) / (1 + share)
    }
}

extension CompactionPolicy.Candidate {
    init(_ segment: Segment, at now: Timestamp) {
        id = segment.id
        fileBytes = segment.fileBytes
        // What is whole has nothing to give back, however much of it is head and footer: a rewrite
        // would be followed by another for ever.
        let isWhole = segment.liveEntries == segment.entries
        liveBytes = isWhole ? segment.fileBytes : segment.liveBytes
        liveEntries = segment.liveEntries
        age = now.rawValue - min(now.rawValue, segment.created.rawValue)
        let latest = segment.footer.latestExpiry
        timeLeft = latest.isNever ? nil : latest.rawValue - min(latest.rawValue, now.rawValue)
    }
}
