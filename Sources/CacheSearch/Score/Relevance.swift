/// BM25 as Lucene has it: idf × tf / (tf + k1 × (1 − b + b × length / mean length)), with
/// idf = ln(1 + (N − n + 0.5) / (n + 0.5)).
enum Relevance {
    static let k1: Float = 1.2
    static let b: Float = 0.75

    /// Weights within a query are kept between these: no sum of scores is ever infinite, and none
    /// is divided by zero.
    static let boostMax: Float = 1_000_000
    static let boostMin: Float = 1 / boostMax

    /// The weight of what is weighed within something weighed.
    static func boost(_ outer: Float, _ inner: Float) -> Float {
        min(max(outer * inner, boostMin), boostMax)
    }

    /// The part of a score that the document decides: between 0 and 1, rises with the frequency,
    /// falls with the length.
    @inline(__always)
    static func impact(frequency: Float, length: Float, mean: Float) -> Float {
        frequency / (frequency + k1 * (1 - b + b * length / mean))
    }

    /// Impacts of postings blocks are kept in 16 bits, rounded up: a bound, never a score.
    static func quantized(_ impact: Float) -> UInt16 {
        UInt16(min((impact * 65_535).rounded(.up), 65_535))
    }

    @inline(__always)
    static func bound(_ quantized: UInt16) -> Float {
        // A little more than it says, so that no rounding of a sum passes it.
        Float(quantized) * (1.000_01 / 65_535)
    }
}
