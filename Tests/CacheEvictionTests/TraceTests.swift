import CacheBase
import Glibc
import Testing

@testable import CacheEviction

@Suite("Traces")
struct TraceTests {
    @Test(arguments: SyntheticTrace.allCases)
    func aSeedGivesTheSameTraceAgainAndAnotherAnotherOne(kind: SyntheticTrace) {
        let (one, same) = (
            kind.trace(requests: 5000, keys: 400, seed: 3),
            kind.trace(requests: 5000, keys: 400, seed: 3)
        )
        #expect(one.requests == same.requests && one.sizes == same.sizes)
        #expect(one.requests.count == 5000 && one.name == kind.rawValue)
        #expect(one.keys == Set(one.requests).count)
        let other = kind.trace(requests: 5000, keys: 400, seed: 4)
        #expect((other.requests != one.requests) == (kind != .loop))
        #expect(one.isUniform == (kind != .sizes))
    }

    @Test func zipfDrawsRanksByTheirShare() {
        var random = Xoshiro256(seed: 9)
        let sampler = ZipfSampler(ranks: 100, exponent: 1)
        var counts = [Int](repeating: 0, count: 100)
        let draws = 200_000
        for _ in 0..<draws { counts[sampler.draw(&random)] += 1 }
        let sum = (1...100).reduce(0.0) { $0 + 1 / Double($1) }
        for rank in [0, 1, 4, 20, 99] {
            let expected = Double(draws) / Double(rank + 1) / sum
            #expect(abs(Double(counts[rank]) - expected) < 6 * expected.squareRoot())
        }
    }

    /// Che, Tung and Wang, "Hierarchical Web Caching Systems" (2002): an entry is held while less
    /// than a characteristic time has passed since its last request, which is the time in which as
    /// many distinct keys as fit are asked for.
    @Test(arguments: [(0.8, 200), (0.8, 1500), (1.0, 200), (1.0, 1500), (1.2, 600)])
    func lruOverZipfHasTheHitRatioOfChesApproximation(exponent: Double, capacity: Int) {
        let keys = 4000
        var random = Xoshiro256(seed: 10)
        let sampler = ZipfSampler(ranks: keys, exponent: exponent)
        let requests = (0..<80_000).map { _ in UInt32(sampler.draw(&random)) }
        let room = CacheRoom(
            .entries, capacity: capacity, weights: [UInt32](repeating: 1, count: keys))
        // Once it is full.
        let hits = PolicyName.lru.hits(room, requests, from: 30_000)
        let ratio = Double(hits) / 50_000
        #expect(abs(ratio - che(keys, exponent, Double(capacity))) < 0.01)
    }

    private func che(_ keys: Int, _ exponent: Double, _ capacity: Double) -> Double {
        let shares = (1...keys).map { pow(Double($0), -exponent) }
        let sum = shares.reduce(0, +)
        let rates = shares.map { $0 / sum }
        var (low, high) = (0.0, 1e9)
        for _ in 0..<100 {
            let middle = (low + high) / 2
            let held = rates.reduce(0) { $0 + 1 - exp(-$1 * middle) }
            if held < capacity { low = middle } else { high = middle }
        }
        return rates.reduce(0) { $0 + $1 * (1 - exp(-$1 * low)) }
    }

    @Test func everyPolicySeesTheWholeTraceAtEverySize() {
        let trace = SyntheticTrace.zipf10.trace(requests: 4000, keys: 500, seed: 1)
        let ratios = HitRatios(trace, unit: .entries, shares: [0.01, 0.1, 1])
        #expect(ratios.rows.map(\.capacity) == [0.01, 0.1, 1].map { Int($0 * Double(trace.keys)) })
        let all = 1 - Double(trace.keys) / 4000
        for (place, policy) in PolicyName.allCases.enumerated() {
            let values = ratios.rows.map { $0.ratios[place] }
            #expect(values == values.sorted(), "\(policy) gains from room")
            if [.optimum, .lru, .sieve].contains(policy) { #expect(values[2] == all) }
        }
    }
}

@Suite("Logs of requests")
struct RequestLogTests {
    private func read(_ text: String, piece: Int = 7) throws -> (RequestLog, Trace) {
        var log = RequestLog()
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            try log.read(bytes[start..<min(start + piece, bytes.count)])
        }
        try log.end()
        return (log, log.trace(named: "log"))
    }

    @Test(arguments: [1, 7, 1000])
    func keysSizesAndTimesAreRead(piece: Int) throws {
        let text = "# a log\na 10 1.5\nb\t20\r\n\n  a 12 2\nlong-key-of-the-third\nb 5"
        let (log, trace) = try read(text, piece: piece)
        #expect(trace.requests == [0, 1, 0, 2, 1])
        #expect(trace.sizes == [12, 20, 1])
        #expect(log.requests == 5 && log.badLineCount == 0)
    }

    @Test func badLinesAreToldWithTheirNumbers() throws {
        let (log, trace) = try read("a 1\nb x\nc 1 2 3\nd 1 later\ne 4294967296\nf 1 2.\ng 7\n")
        #expect(trace.requests == [0, 1] && trace.sizes == [1, 7])
        #expect(log.badLineCount == 5 && log.badLines.map(\.number) == [2, 3, 4, 5, 6])
        #expect(log.badLines[1].reason == "more than key, size and time")
        #expect(log.badLines[3].reason == "the size is no number of bytes below 4 GiB")
    }

    @Test func aLineWithoutAnEndIsSkippedInTheSpaceOfALine() throws {
        let long = String(repeating: "x", count: 3 * EvictionLimits.lineBytesMax)
        let (log, trace) = try read("a\n\(long)\nb\n", piece: 5000)
        #expect(trace.requests == [0, 1])
        #expect(log.badLines.map(\.number) == [2])
    }

    @Test func onlyTheFirstBadLinesAreToldAndAllAreCounted() throws {
        let (log, _) = try read(String(repeating: "a b c d\n", count: 500), piece: 100)
        #expect(log.badLineCount == 500 && log.requests == 0)
        #expect(log.badLines.count == EvictionLimits.badLinesTold)
    }

    @Test func bytesThatAreNoTextAreKeysOrBadLinesButNeverATrap() throws {
        var random = Xoshiro256(seed: 14)
        for _ in 0..<200 {
            var log = RequestLog()
            let bytes = (0..<random.below(300)).map { _ in
                random.below(4) == 0 ? UInt8(ascii: "\n") : UInt8(random.below(256))
            }
            try log.read(bytes)
            try log.end()
            #expect(log.requests + log.badLineCount <= bytes.count)
        }
    }
}
