import CacheBase
import CacheEngine
import Testing

/// What a node that took a partition over gives to others: its own history and nothing else.
@Suite("Histories of partitions")
struct HistoryTests {
    private static let key = "key"
    private static let partition = Partition(
        keyChecksum: Array(key.utf8).withUnsafeBytes { CRC32C.of($0) })

    private func epoch(_ number: UInt32) -> Epoch { Epoch(rawValue: number) }

    /// A record that nobody else had is in the log still when its partition was copied anew.
    @Test func recordsOfAHistoryGivenUpAreNotShipped() throws {
        let rig = try Rig()
        let engine = rig.engine
        try rig.put(Self.key, "given up")
        engine.follow([Self.partition])
        try engine.setPosition(Self.partition, nil, epoch(2))
        _ = try engine.removeEntries(of: [Self.partition])
        try engine.setPosition(Self.partition, 0, epoch(2))
        engine.lead([(Self.partition, epoch(3))])
        try rig.put(Self.key, "kept")
        for isReopened in [false, true] {
            if isReopened { try rig.restart() }
            let shipper = try #require(rig.engine.ship(behind: [Self.partition: 0]))
            let page = shipper.next(bytesMax: 1 << 20)
            #expect(page.count == 1 && page.isUpToDate)
            #expect(String(decoding: page.records, as: UTF8.self).contains("kept"))
        }
    }

    /// Entries that came as copies are in no record, and yet in a copy made from here.
    @Test func aCopyOfACopyIsWhole() throws {
        let pair = try ReplicaPair()
        try pair.primary.put(Self.key, "copied")
        #expect(try pair.primary.engine.flush())
        let entries = try #require(
            try pair.primary.engine.scan([Self.partition]).next(bytesMax: 1 << 20))
        let engine = pair.replica.engine
        try engine.setPosition(Self.partition, nil, epoch(1))
        try entries.withUnsafeBytes { try engine.apply(copies: $0) }
        try engine.setPosition(Self.partition, 1, epoch(1))
        engine.lead([(Self.partition, epoch(2))])
        let scan = try engine.scan([Self.partition])
        #expect(scan.positions == [Self.partition: 1])
        let page = try #require(try scan.next(bytesMax: 1 << 20))
        #expect(String(decoding: page, as: UTF8.self).contains("copied"))
    }

    /// Who is behind the place from which a partition was copied is told so, and of which it was.
    @Test func whoIsBehindACopyIsToldSo() throws {
        let rig = try Rig()
        rig.engine.follow([Self.partition])
        try rig.engine.setPosition(Self.partition, nil, epoch(1))
        try rig.engine.setPosition(Self.partition, 5, epoch(1))
        rig.engine.lead([(Self.partition, epoch(2))])
        let behind = try #require(rig.engine.ship(behind: [Self.partition: 0]))
        let page = behind.next(bytesMax: 1 << 20)
        #expect(page.isTooFarBehind && page.gap == Self.partition)
        let level = try #require(rig.engine.ship(behind: [Self.partition: 5]))
        #expect(!level.next(bytesMax: 1 << 20).isTooFarBehind)
    }
}
