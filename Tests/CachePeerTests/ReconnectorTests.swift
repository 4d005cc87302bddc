import CacheBase
import Testing

@testable import CachePeer

/// When a node is dialed again.
struct ReconnectorTests {
    private let seed = UInt64.random(in: 0 ... .max)

    /// The wait asked for; nil for any other action.
    private func wait(_ action: PeerReconnector.Action) -> Int64? {
        if case .wait(let milliseconds) = action { milliseconds } else { nil }
    }

    @Test func waitsDoubleUpToTheirBound() {
        var randomness = Xoshiro256(seed: seed)
        var reconnector = PeerReconnector()
        #expect(reconnector.start() == .dial)
        for longest: Int64 in [50, 100, 200, 400, 800, 1600, 2000, 2000]
            + Array(repeating: 2000, count: 80)
        {
            let milliseconds = wait(reconnector.failed(&randomness)) ?? -1
            #expect((longest / 2...longest).contains(milliseconds), "seed \(seed)")
            #expect(reconnector.waited() == .dial)
        }
    }

    @Test func aLinkThatLivedBeginsTheWaitsAnewAndAShortOneDoesNot() {
        var randomness = Xoshiro256(seed: seed)
        var reconnector = PeerReconnector()
        _ = reconnector.start()
        for _ in 0..<10 {
            _ = reconnector.failed(&randomness)
            _ = reconnector.waited()
        }
        #expect(reconnector.linked() == .nothing)
        let short = wait(reconnector.ended(afterMilliseconds: 100, &randomness)) ?? -1
        #expect(short >= 1000, "seed \(seed)")
        _ = reconnector.waited()
        _ = reconnector.linked()
        let long = wait(reconnector.ended(afterMilliseconds: 2000, &randomness)) ?? -1
        #expect((25...50).contains(long), "seed \(seed)")
    }

    @Test func waitsOfManyNodesDiffer() {
        var waits: Set<Int64> = []
        for node in 0..<100 {
            var randomness = Xoshiro256(seed: seed &+ UInt64(node))
            var reconnector = PeerReconnector()
            _ = reconnector.start()
            for _ in 0..<8 {
                _ = reconnector.failed(&randomness)
                _ = reconnector.waited()
            }
            waits.insert(wait(reconnector.failed(&randomness)) ?? -1)
        }
        #expect(waits.count > 50, "seed \(seed)")
    }

    @Test func whatIsNotWantedIsClosedAndNotDialed() {
        var randomness = Xoshiro256(seed: seed)
        var reconnector = PeerReconnector()
        #expect(reconnector.start() == .dial)
        #expect(reconnector.start() == .nothing)
        #expect(reconnector.stop() == .nothing)
        #expect(reconnector.linked() == .close)
        #expect(reconnector.ended(afterMilliseconds: 0, &randomness) == .nothing)
        #expect(reconnector.start() == .dial)
        #expect(wait(reconnector.failed(&randomness)) != nil)
        #expect(reconnector.stop() == .nothing)
        #expect(reconnector.waited() == .nothing)
        #expect(reconnector.start() == .dial)
        #expect(reconnector.linked() == .nothing)
        #expect(reconnector.stop() == .close)
        #expect(reconnector.start() == .nothing)
        #expect(wait(reconnector.ended(afterMilliseconds: 0, &randomness)) != nil)
    }
}
