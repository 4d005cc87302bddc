/// Writes into a reserved run of memory; more than was reserved is a bug and stops the process
/// before a byte is written out of bounds.
struct ByteCursor {
    private let start: UnsafeMutableRawPointer
    private let end: UnsafeMutableRawPointer
    private var next: UnsafeMutableRawPointer

    /// - Precondition: `space` is not empty and outlives the cursor.
    @inline(__always)
    init(_ space: UnsafeMutableRawBufferPointer) {
        guard let base = space.baseAddress else { preconditionFailure("no room to write into") }
        start = base
        next = base
        end = base + space.count
    }

    /// Bytes written.
    @inline(__always)
    var count: Int { next - start }

    @inline(__always)
    mutating func write(_ byte: UInt8) {
        precondition(next < end)
        next.storeBytes(of: byte, as: UInt8.self)
        next += 1
    }

    @inline(__always)
    mutating func write(_ text: StaticString) {
        copy(text.utf8Start, text.utf8CodeUnitCount)
    }

    @inline(__always)
    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        copy(base, bytes.count)
    }

    /// Room of `count` bytes to fill in later.
    mutating func skip(_ count: Int) -> UnsafeMutableRawBufferPointer {
        precondition(end - next >= count)
        defer { next += count }
        return UnsafeMutableRawBufferPointer(start: next, count: count)
    }

    /// Decimal digits; at most 20.
    @inline(__always)
    mutating func writeDecimal(_ number: UInt64) {
        let digits = Self.digits(number)
        precondition(end - next >= digits)
        var rest = number
        var place = next + digits
        repeat {
            place -= 1
            place.storeBytes(of: UInt8(0x30 &+ rest % 10), as: UInt8.self)
            rest /= 10
        } while rest > 0
        next += digits
    }

    /// Decimal digits with leading zeros, two of them.
    mutating func writeTwoDigits(_ number: Int) {
        write(UInt8(0x30 + number / 10 % 10))
        write(UInt8(0x30 + number % 10))
    }

    mutating func writeHexDigit(_ value: UInt8) {
        write(value < 10 ? 0x30 + value : 0x57 + value)
    }

    @inline(__always)
    static func digits(_ number: UInt64) -> Int {
        var count = 1
        var rest = number
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }

    @inline(__always)
    private mutating func copy(_ source: UnsafeRawPointer, _ count: Int) {
        precondition(end - next >= count)
        next.copyMemory(from: source, byteCount: count)
        next += count
    }
}
