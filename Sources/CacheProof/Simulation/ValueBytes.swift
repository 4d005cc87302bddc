internal import CacheBase

/// The bytes of a simulated value and of its content type, made from its name and length alone: so
/// that whoever reads it knows every byte that it should have.
enum ValueBytes {
    /// Half of the values compress well, the others hardly.
    static func make(_ value: ValueID, count: Int) -> [UInt8] {
        var random = SplitMix64(seed: UInt64(value.rawValue))
        let repeats = random.coin() ? 1 : 6
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8 * repeats)
        while bytes.count < count {
            let word = random.next()
            for _ in 0..<repeats {
                for shift in stride(from: UInt64(0), to: 64, by: 8) {
                    bytes.append(UInt8(truncatingIfNeeded: word >> shift))
                }
            }
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    static func contentType(_ value: ValueID) -> [UInt8] {
        value.rawValue % 3 == 0 ? Array("text/plain; v=\(value.rawValue)".utf8) : []
    }

    /// Keys of several lengths, so that entries begin at every alignment.
    static func key(_ number: Int) -> [UInt8] {
        Array("key \(number)".utf8) + [UInt8](repeating: 0x2E, count: number % 13)
    }
}
