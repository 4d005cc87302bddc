import CacheBase
import Testing

@testable import CacheEviction

/// Small sequences whose outcome can be followed by hand.
@Suite("Eviction of known sequences")
struct SequenceTests {
    /// The hits of a text of one-letter keys: the same text, misses as dots.
    private func outcome(_ text: String, _ policy: (CacheRoom) -> some EvictionPolicy, _ room: Int)
        -> String
    {
        let keys = text.utf8.map { UInt32($0 - UInt8(ascii: "A")) }
        var policy = policy(
            CacheRoom(.entries, capacity: room, weights: [UInt32](repeating: 1, count: 26)))
        let letters = zip(text, keys).map { policy.request($1) ? $0 : "." }
        return String(letters)
    }

    @Test func lruKeepsWhatWasUsedLast() {
        #expect(outcome("ABCABDABC", ExactLRU.init, 3) == "...AB.AB.")
        #expect(outcome("ABCDABCD", ExactLRU.init, 3) == "........")
    }

    @Test func sievesHandPassesWhatWasVisitedAndStaysWhereItIs() {
        // D: the hand clears A and takes B. B: it goes on and takes C. C: it takes D, not A.
        #expect(outcome("ABCADBACD", Sieve.init, 3) == "...A..A..")
        // Of a loop it keeps a part.
        #expect(outcome("ABCDABCDABCD", Sieve.init, 3).contains { $0 != "." } == false)
    }

    @Test func s3FIFOKeepsWhatItKnowsFromScans() {
        // A and B are asked for twice more and move on; the letters after them pass by.
        let text = "AABBAB" + "CDEFGHIJKLMNOPQRSTUVWXYZ" + "AB"
        #expect(outcome(text, S3FIFO.init, 10).hasSuffix("..AB"))
        #expect(outcome(text, ExactLRU.init, 10).hasSuffix("...."))
    }

    @Test func s3FIFORemembersWhatFellOut() {
        // A falls out of the small queue, is remembered, and comes back into the main one.
        let text = "ABCDEFGHIJK" + "A" + "LMNOP" + "A"
        #expect(outcome(text, S3FIFO.init, 10).hasSuffix("A"))
    }

    @Test func tinyLFUAdmitsOnlyWhatIsAskedForMoreOften() {
        let text = "AABBCC" + "DEFGHIJKLMNOPQ" + "ABC"
        #expect(outcome(text, TinyLFU.init, 4).hasSuffix("ABC"))
        #expect(outcome(text, ExactLRU.init, 4).hasSuffix("..."))
    }

    @Test func anEntryLargerThanTheCacheIsNeverKept() {
        let room = CacheRoom(.bytes, capacity: 100, weights: [10, 101, 20])
        for name in PolicyName.allCases {
            #expect(name.hits(room, [0, 1, 1, 1, 0, 2, 2]) == 2, "\(name)")
        }
    }

    @Test func aTraceThatFitsMissesOnlyWhatIsNew() {
        let room = CacheRoom(.bytes, capacity: 600, weights: [100, 200, 300])
        let requests: [UInt32] = [0, 1, 2, 2, 1, 0, 0, 1, 2]
        for name in PolicyName.allCases where name != .tinyLFU && name != .s3FIFO {
            #expect(name.hits(room, requests) == 6, "\(name)")
        }
    }
}
