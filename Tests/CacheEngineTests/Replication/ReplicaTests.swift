import CacheBase
import CacheEngine
import CacheFiles
import Testing

@Suite("A replica follows the log of another engine")
struct ReplicaTests {
    @Test("what is written there is here, without a gap and in order", arguments: 1...6)
    func replicaIsEqual(seed: Int) throws {
        print("seed \(seed)")
        var random = SplitMix64(seed: UInt64(seed))
        let pair = try ReplicaPair()
        for round in 0..<60 {
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                try pair.write(using: &random)
            }
            switch Int.random(in: 0..<8, using: &random) {
            case 0: _ = try pair.primary.engine.flush()
            case 1: _ = try pair.replica.engine.flush()
            case 2: _ = try pair.primary.engine.compact()
            case 3: try pair.replica.crash(.process)
            case 4: try pair.replica.restart()
            default: break
            }
            if round % 3 == 0 { try pair.catchUp() }
        }
        try pair.catchUp()
        try pair.expectEqual()
        try pair.replica.crash(.process)
        try pair.expectEqual()
    }

    @Test("a replica that is too far behind gets a copy of the entries, and the log behind it")
    func copyAndTail() throws {
        let pair = try ReplicaPair()
        pair.replica.engine.lead(ReplicaPair.all.map { ($0, Epoch(rawValue: 1)) })
        try pair.replica.put("stale", "of another life")
        pair.replica.engine.follow(ReplicaPair.all)
        for number in 0..<3000 { try pair.primary.put("key \(number % 900)", "value \(number)") }
        try pair.primary.flushAll()
        try pair.primary.remove("key 7")
        #expect(pair.primary.engine.ship(behind: pair.positions) == nil)
        try pair.copyAll()
        try pair.primary.put("key 8", "after the copy")
        try pair.catchUp()
        try pair.expectEqual()
        #expect(try pair.replica.value("stale") == nil)
        #expect(try pair.replica.value("key 7") == nil)
        #expect(try pair.replica.value("key 8") == "after the copy")
    }

    @Test("a replica that dies while it is copied to has no position, and says so")
    func deathWhileCopying() throws {
        let pair = try ReplicaPair()
        for number in 0..<500 { try pair.primary.put("key \(number)", "value") }
        try pair.primary.flushAll()
        try pair.beginCopy()
        try pair.replica.crash(.process)
        pair.replica.engine.follow(ReplicaPair.all)
        #expect(pair.replica.engine.standings().allSatisfy { $0.sequence == nil })
        try pair.copyAll()
        try pair.catchUp()
        try pair.expectEqual()
    }

    @Test("files of the log that are kept for replicas serve one that is behind the flusher")
    func keptFiles() throws {
        let pair = try ReplicaPair()
        pair.primary.engine.keepLog(bytes: 8 << 20, whileReadBytes: 8 << 20)
        for number in 0..<3000 { try pair.primary.put("key \(number % 90)", "value \(number)") }
        try pair.primary.flushAll()
        try pair.catchUp()
        try pair.expectEqual()
    }

    @Test("clients' writes of a partition that is not led are refused, and nothing is written")
    func refusesClients() throws {
        let rig = try Rig()
        try rig.put("key", "before")
        rig.engine.follow(ReplicaPair.all)
        let last = rig.engine.lastLSN
        #expect(throws: StorageError(.notPrimary, "")) { try rig.put("key", "value") }
        #expect(throws: StorageError(.notPrimary, "")) { try rig.remove("key") }
        #expect(throws: StorageError(.notPrimary, "")) {
            var batch = WriteBatch(for: rig.options)
            for key in ["a", "b", "c"] { try batch.put(key, "value", rig.engine) }
            _ = try rig.engine.apply(batch)
        }
        #expect(rig.engine.lastLSN == last)
        rig.engine.lead(ReplicaPair.all.map { ($0, Epoch(rawValue: 2)) })
        try rig.put("key", "value")
    }

    @Test("records sent twice are applied once; one that is missing is noticed")
    func duplicatesAndGaps() throws {
        let pair = try ReplicaPair()
        try pair.primary.put("key", "1")
        try pair.primary.put("key", "2")
        let first = try #require(pair.primary.engine.ship(behind: pair.positions))
        let records = first.next(bytesMax: 1 << 20).records
        try pair.primary.put("key", "3")
        try pair.primary.put("key", "4")
        let later = first.next(bytesMax: 1 << 20).records
        #expect(throws: StorageError(.invalid, "")) { try pair.apply(later) }
        #expect(try pair.apply(records) == 2)
        #expect(try pair.apply(records) == 0)
        #expect(try pair.apply(records + later) == 2)
        #expect(try pair.replica.value("key") == "4")
    }

    @Test("bytes that are no records are refused, cut anywhere or changed")
    func hostileRecords() throws {
        let pair = try ReplicaPair()
        for number in 0..<4 { try pair.primary.put("key \(number)", "value") }
        var batch = WriteBatch(for: pair.primary.options)
        for number in 0..<8 { try batch.put("key \(number)", "batch", pair.primary.engine) }
        _ = try pair.primary.engine.apply(batch)
        let shipper = try #require(pair.primary.engine.ship(behind: pair.positions))
        let records = shipper.next(bytesMax: 1 << 20).records
        for end in stride(from: 0, to: records.count, by: 3) {
            let other = try ReplicaPair()
            do throws(StorageError) {
                _ = try other.apply(Array(records[..<end]))
            } catch {
                #expect(error == StorageError(.corruption, ""))
            }
        }
        for place in records.indices {
            var changed = records
            changed[place] ^= 0x15
            let other = try ReplicaPair()
            _ = try? other.apply(changed)
            other.replica.engine.checkInvariants()
        }
    }

    @Test("answers wait for replicas where they shall, and reads show nothing that could be lost")
    func waitsForCopies() throws {
        let rig = try Rig()
        try rig.put("old", "value")
        rig.engine.noteCopied(rig.engine.lastLSN)
        rig.engine.setWaitsForCopies(true)
        let receipt = try rig.put("new", "value")
        #expect(rig.engine.answersWait && rig.engine.answerableLSN < receipt.lsn)
        #expect(rig.reads("new") == .notDurable(receipt.lsn))
        #expect(rig.reads("old") == .hit)
        rig.engine.noteCopied(receipt.lsn)
        #expect(rig.reads("new") == .hit)
        rig.engine.setWaitsForCopies(false)
        try rig.put("newer", "value")
        #expect(rig.reads("newer") == .hit)
    }
}

extension WriteBatch {
    mutating func put(_ key: String, _ value: String, _ engine: Engine) throws {
        try Array(key.utf8).withUnsafeBytes { key in
            try Array(value.utf8).withUnsafeBytes { value in
                try put(
                    engine.key(key), value: value, contentType: .init(start: nil, count: 0),
                    expiry: .never)
            }
        }
    }
}

extension Rig {
    fileprivate enum Read: Equatable { case hit, miss, notDurable(LSN), cold }

    fileprivate func reads(_ key: String) -> Read {
        Array(key.utf8).withUnsafeBytes { raw in
            switch engine.read(engine.key(raw), { _ in }) {
            case .hit: .hit
            case .miss: .miss
            case .notDurable(let lsn): .notDurable(lsn)
            case .cold: .cold
            }
        }
    }
}
