internal import CacheBase

/// All writes of one key, which one client makes one after the other, and what they allow to be
/// found.
///
/// Invariant: `writes` ascend by number.
struct KeyHistory {
    struct Write {
        let number: UInt64
        let isDelete: Bool
        /// False where the answer said that nothing was written.
        var mayShow = true
    }

    let key: [UInt8]
    let partition: Partition
    private(set) var writes: [Write] = []
    /// Nothing older may ever be found: the newest that was acknowledged, or shown to a reader.
    private(set) var floor: UInt64 = 0
    /// When it rose, and to what.
    private var rises: [(time: UInt64, floor: UInt64)] = []

    init(_ key: [UInt8]) {
        self.key = key
        partition = Self.partition(of: key)
    }

    static func partition(of key: [UInt8]) -> Partition {
        Partition(keyChecksum: key.withUnsafeBytes { CRC32C.of($0) })
    }

    mutating func begin(_ number: UInt64, isDelete: Bool) {
        writes.append(Write(number: number, isDelete: isDelete))
    }

    mutating func refused(_ number: UInt64) {
        for index in writes.indices where writes[index].number == number {
            writes[index].mayShow = false
        }
    }

    mutating func shown(_ number: UInt64, at time: UInt64) {
        guard number > floor else { return }
        floor = number
        rises.append((time, number))
    }

    /// What is wrong with finding a write's value, or no entry, where all that was acknowledged before
    /// a time must be there (nil: all that was at all); nil where nothing is.
    func flaw(of found: UInt64?, asOf time: UInt64? = nil) -> String? {
        let floor = time.map { time in rises.last { $0.time < time }?.floor ?? 0 } ?? floor
        guard let found else {
            let mayBeAbsent =
                floor == 0
                || writes.contains { $0.number >= floor && $0.isDelete && $0.mayShow }
            return mayBeAbsent ? nil : "write \(floor) was acknowledged, and nothing is found"
        }
        guard let write = writes.first(where: { $0.number == found }), !write.isDelete else {
            return "write \(found) is found, which nobody made"
        }
        if !write.mayShow { return "write \(found) was refused, and is found" }
        return found >= floor
            ? nil : "write \(floor) was acknowledged, and \(found) is found, which is older"
    }

    /// The bytes of a written value; whoever reads them knows the write.
    static func value(_ number: UInt64, bytes: Int) -> [UInt8] {
        var random = SplitMix64(seed: number)
        var value: [UInt8] = []
        value.append(contentsOf: (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) })
        while value.count < max(8, bytes) { value.append(UInt8(truncatingIfNeeded: random.next())) }
        return value
    }

    /// Which write made a value; nil where none did.
    static func number(of value: [UInt8]) -> UInt64? {
        guard value.count >= 8 else { return nil }
        let number = value[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return self.value(number, bytes: value.count) == value ? number : nil
    }
}
