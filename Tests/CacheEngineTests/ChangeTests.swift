import CacheBase
import CacheFiles
import Testing

@testable import CacheEngine

/// What followers of the changes are told.
@Suite("Changes")
struct ChangeTests {
    /// `kind key@position`, with the version where it differs, and `;` where a position ends.
    private func text(_ change: Change) -> String {
        let version = change.lsn == change.position ? "" : " v\(change.lsn.rawValue)"
        return "\(change.kind) \(String(decoding: change.key, as: UTF8.self))"
            + "@\(change.position.rawValue)\(version)\(change.endsPosition ? ";" : "")"
    }

    /// Everything that a follower is told until there is nothing more.
    private func all(
        _ follower: ChangeFollower, _ wants: ChangeFilter = { _, _ in true }
    ) -> [String] {
        var told: [String] = []
        while true {
            let page = follower.next(wants)
            told += page.changes.map(text)
            if page.hasMissedRemovals { told.append("missed") }
            if page.isTooFarBehind { return told + ["too far behind"] }
            if page.isUpToDate { return told }
        }
    }

    @Test func aFollowerIsToldOfPutsAndDeletesFromNowOn() throws {
        let rig = try Rig()
        try rig.put("before", "1")
        let follower = rig.engine.follow()
        #expect(follower.start == LSN(rawValue: 1) && follower.gap == nil)
        #expect(!follower.hasNews)
        #expect(all(follower) == [])
        try rig.put("a", "1")
        try rig.put("a", "2")
        try rig.remove("a")
        try rig.remove("never there")
        #expect(follower.hasNews)
        #expect(all(follower) == ["put a@2;", "put a@3;", "delete a@4;"])
        #expect(!follower.hasNews)
    }

    @Test func theEntriesOfARecordStayTogetherAndTheLastEndsThePosition() throws {
        let rig = try Rig()
        let follower = rig.engine.follow()
        var batch = WriteBatch(for: rig.options)
        for key in ["a", "b", "c"] {
            try Array(key.utf8).withUnsafeBytes { bytes in
                try batch.put(
                    rig.engine.key(bytes), value: bytes, contentType: bytes, expiry: .never)
            }
        }
        _ = try rig.engine.apply(batch)
        #expect(all(follower) == ["put a@1", "put b@1", "put c@1;"])
        let picky = rig.engine.follow(after: .zero)
        #expect(all(picky) { _, key in key.first != UInt8(ascii: "c") } == ["put a@1", "put b@1;"])
    }

    @Test func aCommittedTransactionIsToldAndOthersAreNot() throws {
        let rig = try Rig()
        let follower = rig.engine.follow()
        let transactions = rig.engine.transactions
        for key in ["kept", "given up"] {
            let id = try #require(try transactions.start(mayBlock: true))
            try Array(key.utf8).withUnsafeBytes { bytes in
                _ = try transactions.put(
                    id, rig.engine.key(bytes), value: bytes, contentType: bytes, expiry: .never,
                    scratch: ReadScratch(), mayBlock: true)
            }
            if key == "kept" {
                _ = try transactions.commit(id, scratch: ReadScratch(), mayBlock: true)
            } else {
                try transactions.rollback(id)
            }
        }
        let told = all(follower)
        #expect(told.count == 1 && told[0].hasPrefix("put kept@"))
    }

    @Test func expiryAndEvictionAreToldWhereverTheEntryLies() throws {
        var options = Rig.smallOptions
        options.hotTier = false
        let rig = try Rig(options)
        try rig.put("cold", "1", ttl: 1000)
        try rig.flushAll()
        try rig.put("logged", "1", ttl: 1000)
        let follower = rig.engine.follow()
        rig.clock.advance(milliseconds: 5000)
        rig.engine.sweep()
        let told = Set(all(follower))
        #expect(told == ["expire cold@2 v1;", "expire logged@2;"])
        #expect(try rig.value("cold") == nil)
        #expect(all(follower) == [])
    }

    @Test func anEvictedEntryIsToldBeforeTheWriteThatComesAfterIt() throws {
        var options = Rig.smallOptions
        options.entriesMax = 640
        let rig = try Rig(options)
        let follower = rig.engine.follow()
        var live: Set<String> = []
        var evictions = 0
        for number in 0..<2000 {
            try rig.put("key-\(number)", "v")
            if number % 100 == 0 {
                for change in follower.next({ _, _ in true }).changes {
                    let key = String(decoding: change.key, as: UTF8.self)
                    switch change.kind {
                    case .put: live.insert(key)
                    case .evict:
                        #expect(live.remove(key) != nil, "\(key) was there")
                        evictions += 1
                    case .delete, .expire: Issue.record("nobody asked for \(change)")
                    }
                }
            }
        }
        while true {
            let page = follower.next { _, _ in true }
            for change in page.changes {
                let key = String(decoding: change.key, as: UTF8.self)
                if change.kind == .put { live.insert(key) } else { live.remove(key) }
                if change.kind == .evict { evictions += 1 }
            }
            if page.isUpToDate { break }
        }
        let figures = rig.engine.statistics()
        #expect(evictions == figures.evictions && evictions > 0)
        #expect(live.count == figures.liveEntries)
        for key in live { #expect(try rig.value(key) == "v") }
    }

    @Test func aPlaceInTheLogIsFoundAgainAlsoAfterARestart() throws {
        let rig = try Rig()
        for number in 1...400 { try rig.put("k\(number)", String(repeating: "x", count: 400)) }
        let last = rig.engine.lastLSN
        for (after, wanted) in [(0, 400), (1, 399), (200, 200), (399, 1)] {
            let follower = rig.engine.follow(after: LSN(rawValue: UInt64(after)))
            let told = all(follower) { kind, _ in kind == .put }
            #expect(told.last == "put k400@\(last.rawValue);")
            #expect(told.count >= wanted && told.count <= wanted + 8)
        }
        try rig.crash(.process)
        let follower = rig.engine.follow(after: LSN(rawValue: 10))
        let told = all(follower) { kind, _ in kind == .put }
        #expect(told.count >= 382 && told.last == "put k400@\(last.rawValue);")
        #expect(follower.gap?.hasMissedRecords == false)
    }

    @Test func aPlaceThatIsGoneIsToldSo() throws {
        let rig = try Rig()
        for number in 1...600 { try rig.put("k\(number)", String(repeating: "x", count: 400)) }
        try rig.flushAll()
        let gone = rig.engine.follow(after: .zero)
        #expect(gone.gap == ChangeFollower.Gap(hasMissedRecords: true, hasMissedRemovals: true))
        #expect(gone.start == rig.engine.lastLSN)
        let ahead = rig.engine.follow(after: LSN(rawValue: 1_000_000))
        #expect(ahead.gap?.hasMissedRecords == true)
        try rig.put("new", "1")
        #expect(all(gone).count == 1 && all(ahead).count == 1)
    }

    @Test func whoFallsBehindTheLogIsToldSo() throws {
        let rig = try Rig()
        let follower = rig.engine.follow()
        for number in 1...600 { try rig.put("k\(number)", String(repeating: "x", count: 400)) }
        try rig.flushAll()
        // Its first file is overwritten by now.
        for number in 1...600 { try rig.put("k\(number)", String(repeating: "y", count: 400)) }
        #expect(all(follower) == ["too far behind"])
    }

    @Test func removalsAreRememberedForAWhileAndThenToldMissing() throws {
        let rig = try Rig()
        let seen = try rig.put("a", "1").lsn
        func expireOne(_ key: String) throws {
            try rig.put(key, "1", ttl: 1000)
            rig.clock.advance(milliseconds: 3000)
            rig.engine.sweep()
        }
        var follower: ChangeFollower? = rig.engine.follow()
        try expireOne("b")
        let position = follower?.next { _, _ in true }.position
        #expect(position == rig.engine.lastLSN)
        follower = nil
        try expireOne("c")
        let back = rig.engine.follow(after: try #require(position))
        #expect(back.gap == nil)
        #expect(all(back).contains { $0.hasPrefix("expire c@") })
        #expect(
            rig.engine.follow(after: seen).gap
                == ChangeFollower.Gap(hasMissedRecords: false, hasMissedRemovals: true))
    }

    @Test func nothingIsNotedOnceNobodyHasFollowedForAWhile() throws {
        let rig = try Rig()
        var follower: ChangeFollower? = rig.engine.follow()
        let position = rig.engine.lastLSN
        #expect(follower?.gap == nil)
        follower = nil
        rig.clock.advance(milliseconds: Limits.removalLingerNanoseconds / 1_000_000 + 1)
        rig.engine.sweep()
        try rig.put("a", "1", ttl: 1000)
        rig.clock.advance(milliseconds: 3000)
        rig.engine.sweep()
        let late = rig.engine.follow(after: position)
        #expect(late.gap?.hasMissedRemovals == true)
        #expect(all(late) == ["put a@1;"])
    }

    @Test func moreRemovalsThanAreKeptAreToldMissing() throws {
        let rig = try Rig()
        let follower = rig.engine.follow()
        let count = Limits.recentRemovalsMax + 100
        for number in 0..<count { try rig.put("k\(number)", "", ttl: 1000) }
        rig.clock.advance(milliseconds: 3000)
        rig.engine.sweep()
        let told = all(follower) { kind, _ in kind == .expire }
        #expect(told.contains("missed"))
        #expect(told.count > Limits.recentRemovalsMax / 4 && told.count < count)
        try rig.put("late", "", ttl: 1000)
        rig.clock.advance(milliseconds: 3000)
        rig.engine.sweep()
        #expect(all(follower).last?.hasPrefix("expire late@") == true)
    }

    @Test func withSyncAlwaysOnlyWhatIsDurableIsTold() throws {
        var options = Rig.smallOptions
        options.sync = .always
        let rig = try Rig(options)
        let follower = rig.engine.follow()
        let receipt = try rig.put("a", "1")
        #expect(rig.engine.durableLSN < receipt.lsn)
        #expect(!follower.hasNews && all(follower) == [])
        try rig.engine.waitUntilDurable(receipt.lsn)
        #expect(all(follower) == ["put a@1;"])
    }

    /// Every write of several writers is told once and in its writer's order, while files of the
    /// log are flushed and recycled behind the follower.
    @Test func everyWriteIsToldOnceWhileTheLogIsTrimmed() throws {
        let rig = try Rig()
        let engine = rig.engine
        let follower = engine.follow()
        let oldest = engine.parts.log.oldestFile
        var next = [0, 0, 0]
        for round in 0..<20 {
            let writers = (0..<3).map { writer in
                BackgroundThread(name: "writer") {
                    for number in (round * 100)..<(round * 100 + 100) {
                        let key = Array("\(writer) \(number)".utf8)
                        key.withUnsafeBytes { bytes in
                            _ = try? engine.put(
                                engine.key(bytes), value: bytes, contentType: bytes.prefixed(0),
                                expiry: .never)
                        }
                    }
                }
            }
            while next.reduce(0, +) < (round + 1) * 300 {
                let page = follower.next { kind, _ in kind == .put }
                #expect(!page.isTooFarBehind)
                if page.isTooFarBehind { break }
                for change in page.changes {
                    let parts = String(decoding: change.key, as: UTF8.self).split(separator: " ")
                    let writer = try #require(Int(parts[0]))
                    #expect(next[writer] == Int(parts[1]))
                    next[writer] += 1
                }
            }
            for writer in writers { writer.join() }
            try rig.flushAll()
        }
        #expect(next == [2000, 2000, 2000])
        #expect(engine.parts.log.oldestFile > oldest, "files were taken back")
    }

    /// Readers race with writers, flushes and recycled files; whatever a follower is told is what
    /// was written, in its order, until it falls behind.
    @Test func whatIsToldWhileFilesAreRecycledIsRight() throws {
        let rig = try Rig(clock: .system())
        let engine = rig.engine
        let follower = engine.follow()
        let writer = BackgroundThread(name: "writer") {
            for number in 0..<20_000 {
                let key = Array("key-\(number)".utf8)
                let value = [UInt8](repeating: UInt8(number & 0xFF), count: number % 700)
                let done = key.withUnsafeBytes { key in
                    value.withUnsafeBytes { value in
                        (try? engine.put(
                            engine.key(key), value: value, contentType: value.prefixed(0),
                            expiry: .never)) != nil
                    }
                }
                if !done || number % 300 == 0 { while (try? engine.flush()) == true {} }
            }
        }
        var last = 0
        var told = 0
        while told < 1_000_000 {
            let isOver = engine.lastLSN.rawValue >= 20_000
            let page = follower.next { kind, _ in kind == .put }
            for change in page.changes {
                let key = String(decoding: change.key, as: UTF8.self)
                let number = try #require(Int(key.dropFirst(4)), "\(key)")
                #expect(number >= last && key.hasPrefix("key-"))
                last = number
                told += 1
            }
            if page.isTooFarBehind || (isOver && page.isUpToDate) { break }
        }
        writer.join()
        #expect(told > 0 || engine.follow(after: .zero).gap != nil)
        engine.close()
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func prefixed(_ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[..<count])
    }
}
