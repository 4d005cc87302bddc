internal import CacheBase

/// The traces that can be generated, by the names of the command line.
///
/// `keys` of a plan is the number of keys of the popular part; scans and drift add others.
package enum SyntheticTrace: String, Sendable, CaseIterable {
    /// Keys whose popularity follows Zipf's law, with the exponent in the name, and never changes.
    case zipf06 = "zipf-0.6"
    case zipf08 = "zipf-0.8"
    case zipf10 = "zipf-1.0"
    case zipf12 = "zipf-1.2"
    /// Zipf 0.9, and between stretches of it scans of keys that are asked for once.
    case scan
    /// All keys in turn, again and again: larger than any cache that is a share of it.
    case loop
    /// Zipf 0.9 over a working set that drifts: new keys take the places of others, hot ones too.
    case shift
    /// Zipf 0.9 over entries of 64 bytes to 1 MiB, most of them small.
    case sizes

    /// Generates the trace; the same seed gives the same one.
    package func trace(requests: Int, keys: Int, seed: UInt64) -> Trace {
        precondition(
            requests <= EvictionLimits.requestsMax && (1...EvictionLimits.keysMax / 4) ~= keys,
            "a trace beyond the limits")
        var generator = TraceGenerator(requests: requests, keys: keys, seed: seed)
        switch self {
        case .zipf06: generator.addZipf(0.6)
        case .zipf08: generator.addZipf(0.8)
        case .zipf10: generator.addZipf(1.0)
        case .zipf12: generator.addZipf(1.2)
        case .scan: generator.addScans()
        case .loop: generator.addLoop()
        case .shift: generator.addShift()
        case .sizes: generator.addSizes()
        }
        return generator.trace(named: rawValue)
    }
}

/// Adds requests of each kind to a trace.
private struct TraceGenerator {
    private static let exponent = 0.9
    private static let shifts = 200

    private let requests: Int
    private let keys: Int
    private var random: Xoshiro256
    private var builder = TraceBuilder()

    init(requests: Int, keys: Int, seed: UInt64) {
        self.requests = requests
        self.keys = keys
        random = Xoshiro256(seed: seed)
    }

    consuming func trace(named name: String) -> Trace { builder.trace(named: name) }

    private mutating func add(_ key: Int, bytes: UInt32 = 1) {
        do {
            try builder.add(UInt64(key), bytes: bytes)
        } catch {
            preconditionFailure("the plan is within the limits")
        }
    }

    mutating func addZipf(_ exponent: Double) {
        let sampler = ZipfSampler(ranks: keys, exponent: exponent)
        for _ in 0..<requests { add(sampler.draw(&random)) }
    }

    /// Two requests of three are Zipf's; a scan is a fifth as long as there are popular keys.
    mutating func addScans() {
        let sampler = ZipfSampler(ranks: keys, exponent: Self.exponent)
        let scan = max(keys / 5, 1)
        var cold = keys
        for number in 0..<requests {
            if number % (3 * scan) < 2 * scan {
                add(sampler.draw(&random))
            } else {
                add(cold)
                cold += 1
            }
        }
    }

    mutating func addLoop() {
        for number in 0..<requests { add(number % keys) }
    }

    /// Two hundred times, one rank in a hundred, whichever, gets a key that was never there.
    mutating func addShift() {
        let sampler = ZipfSampler(ranks: keys, exponent: Self.exponent)
        var keyOfRank = Array(0..<keys)
        var fresh = keys
        let stretch = max(requests / Self.shifts, 1)
        for number in 0..<requests {
            if number % stretch == stretch - 1 {
                for _ in 0..<max(keys / 100, 1) {
                    keyOfRank[random.below(keys)] = fresh
                    fresh += 1
                }
            }
            add(keyOfRank[sampler.draw(&random)])
        }
    }

    mutating func addSizes() {
        let sampler = ZipfSampler(ranks: keys, exponent: Self.exponent)
        let sizes = (0..<keys).map { _ in drawSize() }
        for _ in 0..<requests {
            let key = sampler.draw(&random)
            add(key, bytes: sizes[key])
        }
    }

    /// Of a hundred entries ninety are up to 1 KiB, nine up to 64 KiB, one up to 1 MiB.
    private mutating func drawSize() -> UInt32 {
        let range: ClosedRange<Int> =
            switch random.below(100) {
            case 0: 65_537...1 << 20
            case 1..<10: 1025...65_536
            default: 64...1024
            }
        return UInt32(range.lowerBound + random.below(range.count))
    }
}
