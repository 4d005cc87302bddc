internal import CacheFormat

/// Buffers for cold reads: one for each thread that reads, reused from read to read.
package final class ReadScratch {
    /// Larger buffers are given back after use.
    private static let keptBytes = 1 << 20

    private(set) var stored = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private(set) var raw = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    let decompressor = Decompressor()

    package init() {}

    deinit {
        stored.deallocate()
        raw.deallocate()
    }

    func storedRoom(_ bytes: Int) -> UnsafeMutableRawBufferPointer {
        Self.grow(&stored, bytes)
        return UnsafeMutableRawBufferPointer(rebasing: stored[..<bytes])
    }

    func rawRoom(_ bytes: Int) -> UnsafeMutableRawBufferPointer {
        Self.grow(&raw, bytes)
        return UnsafeMutableRawBufferPointer(rebasing: raw[..<bytes])
    }

    /// Gives back what a large value needed.
    func trim() {
        if stored.count > Self.keptBytes { Self.empty(&stored) }
        if raw.count > Self.keptBytes { Self.empty(&raw) }
    }

    private static func grow(_ buffer: inout UnsafeMutableRawBufferPointer, _ bytes: Int) {
        guard buffer.count < bytes else { return }
        buffer.deallocate()
        buffer = .allocate(byteCount: max(bytes, buffer.count * 2, 64 << 10), alignment: 64)
    }

    private static func empty(_ buffer: inout UnsafeMutableRawBufferPointer) {
        buffer.deallocate()
        buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }
}
