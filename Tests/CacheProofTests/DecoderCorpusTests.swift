import CacheBase
import CacheProof
import Foundation
import TestSupport
import Testing

/// Replays what the fuzzers are started with, and what they have found, with the ordinary build.
@Suite("Decoder corpora")
struct DecoderCorpusTests {
    /// These take a thousand times as long, and their second byte chooses a file.
    private static let areStores: Set = ["whole-store", "inspect"]

    @Test(arguments: DecoderCheck.all.map(\.name))
    func everyInputHolds(name: String) throws {
        let check = try #require(DecoderCheck.all.first { $0.name == name })
        let beginnings = Self.areStores.contains(name) ? 10 : 1000
        let refused = try FuzzCorpus.replay(name, beginnings: beginnings) { check.run($0) }
        #expect(refused == [])
    }

    /// What the encoders write now is accepted, as it is and with its checksums made anew, cut
    /// anywhere it is not, or is something else.
    @Test(arguments: DecoderCheck.all.map(\.name))
    func whatTheEncodersWriteIsAccepted(name: String) throws {
        let check = try #require(DecoderCheck.all.first { $0.name == name })
        for seed in check.seeds() {
            #expect(seed.withUnsafeBytes { check.run($0) })
            let sealed = [1] + seed.dropFirst()
            #expect(sealed.withUnsafeBytes { check.run($0) })
            for count in stride(from: 0, to: seed.count, by: max(1, seed.count / 40)) {
                _ = seed.prefix(count).withUnsafeBytes { check.run($0) }
            }
        }
    }

    /// A fuzzer's first minutes, without its instruments: bytes changed at random.
    @Test(arguments: DecoderCheck.all.map(\.name))
    func changedBytesHold(name: String) throws {
        let check = try #require(DecoderCheck.all.first { $0.name == name })
        let seed = UInt64.random(in: 0..<1_000_000)
        print("seed \(seed)")
        var random = Xoshiro256(seed: seed)
        let rounds = Self.areStores.contains(name) ? 30 : 1500
        for original in check.seeds() {
            for _ in 0..<rounds {
                var input = original
                for _ in 0...random.below(4) {
                    input[random.below(input.count)] = UInt8(truncatingIfNeeded: random.next())
                }
                input[0] = 1
                if Self.areStores.contains(name) { input[1] = original[1] }
                _ = input.withUnsafeBytes { check.run($0) }
            }
        }
    }

    /// Writes the encoders' seeds where `DCS_WRITE_CORPUS` is set: for a new format. Each is there
    /// twice, as it is and to have its checksums made anew: of a long input, a fuzzer seldom changes
    /// just the first byte.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["DCS_WRITE_CORPUS"] != nil))
    func theSeedsAreWritten() throws {
        for check in DecoderCheck.all {
            let seeds = check.seeds().flatMap { [$0, [1] + $0.dropFirst()] }
            try FuzzCorpus.write(seeds, for: check.name)
        }
    }
}
