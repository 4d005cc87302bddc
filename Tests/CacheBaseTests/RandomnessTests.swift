import CacheBase
import Testing

@Suite("Randomness")
struct RandomnessTests {
    /// The first words that the authors' reference programs print for these states.
    @Test func matchesPublishedWords() {
        var mix = SplitMix64(seed: 1_234_567)
        #expect(mix.next() == 6_457_827_717_110_365_317)
        #expect(mix.next() == 3_203_168_211_198_807_973)
        var words = Xoshiro256(state: (1, 2, 3, 4))
        #expect(words.next() == 11520)
        #expect(words.next() == 0)
        #expect(words.next() == 1_509_978_240)
        #expect(words.next() == 1_215_971_899_390_074_240)
    }

    @Test func aSeedRepeatsItsRunAndAnotherDoesNot() {
        var (first, again, other) = (Xoshiro256(seed: 9), Xoshiro256(seed: 9), Xoshiro256(seed: 10))
        let words = (0..<100).map { _ in first.next() }
        #expect(words == (0..<100).map { _ in again.next() })
        #expect(words != (0..<100).map { _ in other.next() })
    }

    @Test func drawsEveryNumberBelowTheBoundAboutEquallyOften() {
        var random = Xoshiro256(seed: 3)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<7000 { counts[random.below(7)] += 1 }
        #expect(counts.allSatisfy { (850...1150).contains($0) })
        #expect(random.below(1) == 0)
        let heads = (0..<1000).count { _ in random.coin() }
        #expect((430...570).contains(heads))
    }
}
