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
    ///
    /// The log is flushed a stretch at a time, so one key is overwritten until the stretch that
    /// ends here is full. The flusher drops all of its versions but the newest, which is removed.
    func drainLog() throws {
        let end = statistics().logBytesAppended
        let filler = [UInt8](repeating: 0, count: 64 << 10)
        for _ in 0..<Self.pollsMax {
            let figures = statistics()
            if figures.logBytesAppended - figures.logBacklogBytes >= end { break }
            if figures.logBacklogBytes < 256 << 20 { try overwriteFiller(filler) }
            usleep(Self.pollMicroseconds / 50)
        }
        try withFillerKey { key in _ = try remove(key) }
        try settle()
    }

    private func overwriteFiller(_ value: [UInt8]) throws {
        try withFillerKey { key in
            for _ in 0..<16 {
                do {
                    _ = try value.withUnsafeBytes {
                        try put(
                            key, value: $0,
                            contentType: UnsafeRawBufferPointer(start: nil, count: 0),
                            expiry: .never)
                    }
                } catch let error as StorageError where error.kind == .overloaded { return }
            }
        }
    }

    private func withFillerKey(_ body: (KeyView) throws -> Void) rethrows {
        try Array("filler of the log".utf8).withUnsafeBytes { try body(key($0)) }
    }
}
