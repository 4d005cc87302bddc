internal import Glibc

/// Generated documents of 20 to 60 words that are distributed as in a language: the word of rank r
/// occurs in proportion to 1 / (r + 10). Any document follows from its number.
struct ZipfText: Sendable {
    private static let words = 100_000
    private static let offset = 10.0
    private let spelled: [[UInt8]]

    init() {
        spelled = (0..<Self.words).map { rank in
            var letters: [UInt8] = []
            var rest = rank + 7
            while rest > 0 {
                letters.append(UInt8(97 + rest % 26))
                rest /= 26
            }
            return letters + Array("o".utf8)
        }
    }

    /// Makes `text` the document of that number.
    func write(_ number: Int, to text: inout [UInt8]) {
        text.removeAll(keepingCapacity: true)
        var random = Random(seed: UInt64(truncatingIfNeeded: number))
        for place in 0..<(20 + random.next(below: 41)) {
            if place > 0 { text.append(0x20) }
            text.append(contentsOf: spelled[rank(&random)])
        }
    }

    private func rank(_ random: inout Random) -> Int {
        let share = Double(random.next() >> 11) * 0x1p-53
        let end = (Double(Self.words) + Self.offset) / Self.offset
        return min(Int(Self.offset * pow(end, share) - Self.offset), Self.words - 1)
    }
}
