/// 128 numbers of equally many bits, four side by side: number 4r + l is the r-th of lane l, whose
/// numbers follow each other in 32-bit words. So four are packed and unpacked by each instruction.
enum BitPacking {
    static var length: Int { 128 }
    private typealias Lanes = SIMD4<UInt32>

    static func bytes(bits: Int) -> Int { bits * 16 }

    /// Bits that the largest of 128 numbers needs.
    static func bitsNeeded(_ values: UnsafePointer<UInt32>) -> Int {
        var all: UInt32 = 0
        for index in 0..<length { all |= values[index] }
        return 32 - all.leadingZeroBitCount
    }

    static func pack(
        _ values: UnsafePointer<UInt32>, bits: Int, into target: UnsafeMutableRawPointer
    ) {
        guard bits > 0 else { return }
        let source = UnsafeRawPointer(values)
        var word = Lanes.zero
        var used = 0
        var out = 0
        for row in 0..<32 {
            let value = source.loadUnaligned(fromByteOffset: row &* 16, as: Lanes.self)
            word |= value &<< Lanes(repeating: UInt32(used))
            used += bits
            guard used >= 32 else { continue }
            target.storeBytes(of: word, toByteOffset: out, as: Lanes.self)
            out += 16
            used -= 32
            word = used > 0 ? value &>> Lanes(repeating: UInt32(bits - used)) : .zero
        }
    }

    /// Every row is read by itself, without a branch, from the word that it begins in and the next
    /// one: so up to `slack` bytes behind the block are read, and not used.
    /// - Parameter source: `bytes(bits:)` bytes, and `slack` more.
    @inline(__always)
    static func unpack(
        _ source: UnsafeRawPointer, bits: Int, into target: UnsafeMutablePointer<UInt32>
    ) {
        guard bits > 0 else {
            target.update(repeating: 0, count: length)
            return
        }
        let out = UnsafeMutableRawPointer(target)
        let mask = Lanes(repeating: UInt32.max >> UInt32(32 &- bits))
        var place = 0
        for row in 0..<32 {
            let offset = (place >> 5) &* 16
            let shift = UInt32(truncatingIfNeeded: place & 31)
            let low = source.loadUnaligned(fromByteOffset: offset, as: Lanes.self)
            let high = source.loadUnaligned(fromByteOffset: offset &+ 16, as: Lanes.self)
            // In two steps, as a shift by all 32 bits is none.
            let upper = (high &<< Lanes(repeating: 31 &- shift)) &<< Lanes(repeating: 1)
            let value = (low &>> Lanes(repeating: shift)) | upper
            out.storeBytes(of: value & mask, toByteOffset: row &* 16, as: Lanes.self)
            place &+= bits
        }
    }

    static var slack: Int { 16 }

    /// Turns 128 distances into running sums, the first from `start`.
    @inline(__always)
    static func accumulate(_ values: UnsafeMutablePointer<UInt32>, from start: UInt32) {
        let raw = UnsafeMutableRawPointer(values)
        var carry = Lanes(repeating: start)
        for row in 0..<32 {
            var sum = raw.loadUnaligned(fromByteOffset: row &* 16, as: Lanes.self)
            sum &+= Lanes(0, sum[0], sum[1], sum[2])
            sum &+= Lanes(0, 0, sum[0], sum[1])
            sum &+= carry
            raw.storeBytes(of: sum, toByteOffset: row &* 16, as: Lanes.self)
            carry = Lanes(repeating: sum[3])
        }
    }
}
