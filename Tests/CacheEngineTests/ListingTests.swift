import CacheBase
import Testing

@testable import CacheEngine

@Suite("Listing of keys")
struct ListingTests {
    /// Every key of a listing that goes on until its end.
    private func all(_ rig: Rig, prefix: String, limit: Int = 50) -> [String] {
        var keys: [String] = []
        var place: ListingPlace? = .start
        while let start = place {
            let (page, next) = rig.engine.keys(
                prefix: Array(prefix.utf8), limit: limit, from: start)
            #expect(page.count <= limit)
            keys += page.map { String(decoding: $0.key, as: UTF8.self) }
            place = next
        }
        return keys.sorted()
    }

    @Test(arguments: [1, 7, 50, 5000])
    func findsEveryKeyWithThePrefixOnceWhereverItLies(limit: Int) throws {
        let rig = try Rig()
        let wanted = (0..<300).map { "user:\($0)" }.sorted()
        for key in wanted { try rig.put(key, "value of \(key)") }
        for number in 0..<300 { try rig.put("other:\(number)", "x") }
        #expect(all(rig, prefix: "user:", limit: limit) == wanted)
        // On disk, then some of them in the hot tier, then some anew in the log.
        try rig.flushAll()
        for key in wanted.prefix(80) { for _ in 0..<3 { _ = try rig.value(key) } }
        for key in wanted.suffix(80) { try rig.put(key, "newer") }
        #expect(all(rig, prefix: "user:", limit: limit) == wanted)
        #expect(all(rig, prefix: "").count == 600)
        #expect(all(rig, prefix: "nothing") == [])
    }

    @Test func showsNeitherRemovedNorExpiredEntries() throws {
        let rig = try Rig()
        try rig.put("stays", "1")
        try rig.put("removed", "2")
        try rig.put("expires", "3", ttl: 1000)
        try rig.put("expires on disk", "4", ttl: 1000)
        try rig.flushAll()
        try rig.put("expires", "3", ttl: 1000)
        try rig.remove("removed")
        rig.clock.advance(milliseconds: 1000)
        #expect(all(rig, prefix: "") == ["stays"])
    }

    @Test func tellsSizeVersionAndExpiry() throws {
        let rig = try Rig()
        let receipt = try rig.put("key", "value", ttl: 5000)
        let (keys, next) = rig.engine.keys(prefix: [], limit: 10, from: .start)
        let key = try #require(keys.first)
        #expect(keys.count == 1 && next == nil)
        #expect(key.valueBytes == 5)
        #expect(key.lsn == receipt.lsn)
        #expect(key.expiry.rawValue == rig.clock.now().rawValue + 5000)
    }

    @Test(arguments: [0, 1 << 32, 64 << 32, UInt64.max, 63 << 32 | 0xFFFF_FFFF] as [UInt64])
    func anyPlaceIsHarmless(place: UInt64) throws {
        let rig = try Rig()
        for number in 0..<100 { try rig.put("key-\(number)", "x") }
        let (keys, _) = rig.engine.keys(
            prefix: [], limit: 1000, from: ListingPlace(rawValue: place))
        #expect(keys.count <= 100)
    }
}
