internal import Glibc

/// The last head that a connection's parser read in full, to know its like again.
///
/// A client sends the same method, version and fields with each request; only the target changes.
/// A head whose bytes are the kept ones, but for a target of allowed characters, means what the
/// kept one meant, with its offsets moved by the difference of the targets' lengths.
///
/// Invariant: where `rest` is not empty, `head` is what the parser makes of `lead`, a target in
/// origin form and `rest`.
struct HeadMemo: Sendable {
    private var head = RequestHead()
    /// The method and its space, in the low bytes.
    private var lead: UInt64 = 0
    private var leadMask: UInt64 = 0
    /// From the space behind the target to the head's end.
    private var rest: [UInt8] = []

    /// Reads a head that is like the kept one.
    /// - Returns: false where the bytes hold none; `head` is untouched then.
    /// - Complexity: O(head), a byte of the target and a vector of the rest at a time.
    @inline(__always)
    func recall(_ bytes: UnsafeRawBufferPointer, into head: inout RequestHead) -> Bool {
        guard !rest.isEmpty, bytes.count >= max(rest.count, 8),
            bytes.loadUnaligned(as: UInt64.self) & leadMask == lead
        else { return false }
        let start = Int(self.head.target.start)
        guard bytes[start] == UInt8(ascii: "/") else { return false }
        var index = start + 1
        while index < bytes.count, ASCII.isTarget(bytes[index]), bytes[index] != UInt8(ascii: "?") {
            index += 1
        }
        let mark = index
        while index < bytes.count, ASCII.isTarget(bytes[index]) { index += 1 }
        guard ends(bytes, at: index) else { return false }
        head = self.head
        head.move(by: Int32(index - head.target.end))
        head.target = Extent(start, index)
        head.queryMark = Int32(mark)
        return true
    }

    /// Keeps a head that was parsed from the first of `bytes` on.
    mutating func keep(_ head: RequestHead, of bytes: UnsafeRawBufferPointer) {
        let start = Int(head.target.start)
        let count = head.count - head.target.end
        guard head.method != .other, bytes[start] == UInt8(ascii: "/"), start <= 8,
            bytes[start - 1] == ASCII.space, count <= HTTPLimits.keptHeadBytesMax
        else { return rest.removeAll() }
        self.head = head
        leadMask = UInt64.max >> UInt64(64 - 8 * start)
        lead = bytes.loadUnaligned(as: UInt64.self) & leadMask
        rest.removeAll(keepingCapacity: true)
        rest.append(contentsOf: bytes[head.target.end..<head.count])
    }

    @inline(__always)
    private func ends(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Bool {
        guard bytes.count - index >= rest.count, index + rest.count <= HTTPLimits.headBytesMax,
            let base = bytes.baseAddress
        else { return false }
        return rest.withUnsafeBytes {
            memcmp(base + index, $0.baseAddress.unsafelyUnwrapped, $0.count) == 0
        }
    }
}
