internal import CacheBase

/// What happens in a run, event by event: a digest of all of it, and lines for people on demand.
///
/// Two runs did the same where their digests agree; so nothing goes in that may differ from process
/// to process, such as addresses or hash values of dictionaries.
package struct SimulationTrace {
    private static let offsetBasis: UInt64 = 0xcbf2_9ce4_8422_2325
    private static let prime: UInt64 = 0x0000_0100_0000_01b3

    /// Fowler, Noll and Vo's 1a over every event, by words.
    package private(set) var digest = Self.offsetBasis
    package private(set) var events = 0
    private let print: ((String) -> Void)?

    package init(_ print: ((String) -> Void)?) { self.print = print }

    /// - Parameters:
    ///   - name: of the event; the same words each time.
    ///   - facts: numbers that tell it from others of its name.
    package mutating func note(_ name: StaticString, _ facts: UInt64...) {
        events += 1
        name.withUTF8Buffer { for byte in $0 { mix(UInt64(byte)) } }
        for fact in facts { mix(fact) }
        if let print {
            print("\(events) \(name) " + facts.map { String($0) }.joined(separator: " "))
        }
    }

    /// A line for people, which is not part of the digest.
    package func remark(_ line: String) { print?(line) }

    private mutating func mix(_ word: UInt64) {
        digest = (digest ^ word) &* Self.prime
        digest ^= digest >> 29
    }
}
