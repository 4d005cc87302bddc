/// Bytes that grow at their end, in memory of their own.
///
/// Unlike NIO's buffer it is never shared, so adding to it checks nothing but its room.
///
/// Invariant: `count` bytes of `space` are written.
struct ResultBuffer: ~Copyable, @unchecked Sendable {
    // Safe because: the memory belongs to this value alone, and it cannot be copied.
    private var space: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(capacity: Int) {
        space = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { space.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: space[..<count]) }

    /// Adds what `body` writes, at most `bytesMax` bytes.
    /// - Complexity: O(bytes written), amortised.
    @inline(__always)
    mutating func append(atMost bytesMax: Int, _ body: (inout ByteCursor) -> Void) {
        if space.count - count <= bytesMax { grow(by: bytesMax) }
        var cursor = ByteCursor(UnsafeMutableRawBufferPointer(rebasing: space[count...]))
        body(&cursor)
        count += cursor.count
    }

    private mutating func grow(by bytesMax: Int) {
        let wider = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(space.count * 2, count + bytesMax + 1), alignment: 16)
        wider.copyMemory(from: bytes)
        space.deallocate()
        space = wider
    }
}
