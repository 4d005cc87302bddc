/// The randomness seam is the standard library's `RandomNumberGenerator`: a component that draws
/// takes one from its caller. The real form is `SystemRandomNumberGenerator`; the simulated form is
/// `Xoshiro256`, which repeats a run from its seed. Neither of the generators here keeps a secret.

/// Turns one 64-bit seed into a sequence of well-mixed words; seeds other generators.
///
/// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

/// xoshiro256**: the generator of every simulation and randomised test.
///
/// Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators" (2021).
/// The same seed gives the same words on every machine and for ever: seeds of failed runs are kept.
package struct Xoshiro256: RandomNumberGenerator, Sendable {
    /// Never all zero.
    private var state: (UInt64, UInt64, UInt64, UInt64)

    package init(seed: UInt64) {
        var words = SplitMix64(seed: seed)
        self.init(state: (words.next(), words.next(), words.next(), words.next()))
    }

    /// Starts at a given state, which must not be all zero.
    package init(state: (UInt64, UInt64, UInt64, UInt64)) {
        precondition(state.0 | state.1 | state.2 | state.3 != 0, "the zero state never changes")
        self.state = state
    }

    package mutating func next() -> UInt64 {
        let result = Self.rotate(state.1 &* 5, by: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotate(state.3, by: 45)
        return result
    }

    private static func rotate(_ word: UInt64, by count: UInt64) -> UInt64 {
        (word << count) | (word >> (64 - count))
    }
}

extension RandomNumberGenerator {
    /// A number in `0..<bound`.
    ///
    /// Unlike `Int.random(in:using:)` it draws exactly one word, in a way that no compiler release
    /// changes. The bias is below bound / 2^64.
    package mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "there is no number below \(bound)")
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// True or false, evenly.
    package mutating func coin() -> Bool { next() >> 63 == 1 }
}
