package import CacheBase
internal import CacheFormat

/// What a client names a transaction by: its number, and a seal that only this store can make. So
/// nobody guesses another's, and one from before a restart is recognised.
///
/// As text 32 hexadecimal digits in lower case.
package struct TransactionID: Hashable, Sendable {
    package static let textBytes = 32

    package let number: TransactionNumber
    let seal: UInt64

    init(number: TransactionNumber, seal: UInt64) {
        self.number = number
        self.seal = seal
    }

    /// Nil for anything but 32 digits; whether it is one of ours is not looked at.
    package init?(text: UnsafeRawBufferPointer) {
        guard text.count == Self.textBytes, let number = Self.word(text[0..<16]),
            let seal = Self.word(text[16..<32])
        else { return nil }
        self.init(number: TransactionNumber(rawValue: number), seal: seal)
    }

    private static func word(_ digits: Slice<UnsafeRawBufferPointer>) -> UInt64? {
        var word: UInt64 = 0
        for byte in digits {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): word = word << 4 | UInt64(byte - 0x30)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): word = word << 4 | UInt64(byte - 0x57)
            default: return nil
            }
        }
        return word
    }

    /// Writes the text, `textBytes` bytes of ASCII.
    package func writeText(to target: UnsafeMutableRawPointer) {
        for place in 0..<Self.textBytes {
            let word = place < 16 ? number.rawValue : seal
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - place % 16 * 4) & 15)
            target.storeBytes(
                of: digit < 10 ? digit + 0x30 : digit + 0x57, toByteOffset: place, as: UInt8.self)
        }
    }

    /// The text, for people and tests.
    package var text: String {
        String(unsafeUninitializedCapacity: Self.textBytes) { buffer in
            writeText(to: UnsafeMutableRawPointer(buffer.baseAddress.unsafelyUnwrapped))
            return Self.textBytes
        }
    }
}

/// Seals the numbers of transactions under the store's secret.
struct TransactionSeal: Sendable {
    private let hash: KeyHash

    /// The key is derived, so that no hash of a client's key is ever a seal.
    init(secret: StoreID) {
        let derive = KeyHash(secret: secret)
        hash = KeyHash(
            secret: StoreID(
                high: Self.hash(of: "transaction seal, high", derive),
                low: Self.hash(of: "transaction seal, low", derive)))
    }

    private static func hash(of name: StaticString, _ hash: KeyHash) -> UInt64 {
        hash(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    func id(_ number: TransactionNumber) -> TransactionID {
        TransactionID(number: number, seal: seal(number))
    }

    func isGenuine(_ id: TransactionID) -> Bool { seal(id.number) == id.seal }

    private func seal(_ number: TransactionNumber) -> UInt64 {
        withUnsafeBytes(of: number.rawValue.littleEndian) { hash($0) }
    }
}
