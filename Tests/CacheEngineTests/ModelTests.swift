import CacheBase
import CacheEngine
import CacheFiles
import Testing

/// Random work beside a dictionary that does the same.
@Suite("Engine against a model")
struct ModelTests {
    struct Expected {
        var value: [UInt8]
        var expiry: UInt64?
    }

    @Test(arguments: Array(1...12))
    func everyKeyReadsAsTheModelSays(seed: Int) throws {
        print("seed \(seed)")
        var random = SplitMix64(seed: UInt64(seed))
        let rig = try Rig()
        var model: [Int: Expected] = [:]
        for step in 0..<4000 {
            try act(&random, rig, &model, step)
            if step % 1000 == 999 { try compare(rig, model) }
        }
        rig.engine.checkInvariants()
        try rig.crash(.process)
        try compare(rig, model)
        rig.engine.checkInvariants()
    }

    private func act(
        _ random: inout SplitMix64, _ rig: Rig, _ model: inout [Int: Expected], _ step: Int
    ) throws {
        let key = Int.random(in: 0..<300, using: &random)
        let name = Array("key \(key)".utf8)
        switch Int.random(in: 0..<1000, using: &random) {
        case 0..<550:
            let size = Int.random(in: 0..<10, using: &random) == 0 ? 20_000 : 60
            let value = [UInt8](
                repeating: UInt8(truncatingIfNeeded: step),
                count: Int.random(in: 0..<size, using: &random))
            let ttl: UInt64? =
                Bool.random(using: &random) ? UInt64.random(in: 1...20_000, using: &random) : nil
            try rig.put(name, value, ttl: ttl)
            model[key] = Expected(value: value, expiry: ttl.map { rig.clock.now().rawValue + $0 })
        case 550..<650:
            try rig.remove("key \(key)")
            model[key] = nil
        case 650..<950:
            #expect(try rig.get(name)?.value == current(model[key], rig)?.value)
        case 950..<965: _ = try rig.engine.flush()
        case 965..<980: _ = try rig.engine.compact()
        case 980..<985: rig.engine.sweep()
        case 985..<990: rig.clock.advance(milliseconds: UInt64.random(in: 0..<3000, using: &random))
        case 990..<993: rig.engine.reclaimMemory()
        case 993..<996: try rig.crash(.process)
        default: try rig.restart()
        }
    }

    private func current(_ expected: Expected?, _ rig: Rig) -> Expected? {
        guard let expected, let expiry = expected.expiry else { return expected }
        return expiry > rig.clock.now().rawValue ? expected : nil
    }

    private func compare(_ rig: Rig, _ model: [Int: Expected]) throws {
        for key in 0..<300 {
            #expect(try rig.get(Array("key \(key)".utf8))?.value == current(model[key], rig)?.value)
        }
    }
}
