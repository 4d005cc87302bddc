internal import CacheFormat

/// A part of a search file while it is written: bytes in memory that grow at their end.
final class SectionBytes {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 4096) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    /// Makes room for `bytes` more and returns where they go; they count as written.
    @inline(__always)
    func extend(_ bytes: Int) -> UnsafeMutableRawPointer {
        if count &+ bytes > capacity { grow(bytes) }
        let place = base + count
        count &+= bytes
        return place
    }

    private func grow(_ bytes: Int) {
        capacity = max(capacity * 2, count + bytes)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = larger
    }

    @inline(__always)
    func putByte(_ value: UInt8) { extend(1).storeBytes(of: value, as: UInt8.self) }

    @inline(__always)
    func put<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        extend(MemoryLayout<Value>.size).put(value, at: 0)
    }

    /// A number in groups of seven bits, lowest first.
    @inline(__always)
    func putVarint(_ value: Int) {
        var rest = UInt64(truncatingIfNeeded: value)
        while rest >= 128 {
            putByte(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        putByte(UInt8(truncatingIfNeeded: rest))
    }

    func put(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        extend(bytes.count).copyMemory(from: source, byteCount: bytes.count)
    }

    func removeAll() { count = 0 }

    func pad() {
        while count & 7 != 0 { putByte(0) }
    }
}
