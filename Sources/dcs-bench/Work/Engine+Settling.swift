internal import CacheBase
internal import CacheEngine
internal import Glibc

extension Engine {
    private static let pollMicroseconds: UInt32 = 50_000
    /// Background work is over when nothing was written to segments for so many polls (1 s).
    private static let quietPolls = 20
    /// A limit on waiting, in polls (5 min).
    private static let pollsMax = 6000

    /// Waits until flush and compaction have come to rest.
    func settle() throws {
        var written = UInt64.max
        var quiet = 0
        for _ in 0..<Self.pollsMax {
            let figures = statistics()
            let now = figures.flushedBytes + figures.compactedBytes
            quiet = now == written ? quiet + 1 : 0
            if quiet == Self.quietPolls { return }
            written = now
            usleep(Self.pollMicroseconds)
        }
        throw BenchmarkError("flush and compaction do not come to rest")
    }

    /// Has everything written so far flushed to segments.
    func drainLog() throws {
        while try flush() {}
        try settle()
    }
}
