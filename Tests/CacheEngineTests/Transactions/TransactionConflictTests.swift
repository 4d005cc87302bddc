import CacheBase
import CacheEngine
import Testing

/// What others may do between a transaction's use of the key "a" and its commit, and whether the
/// commit must be refused for it.
@Suite("Conflicts of transactions")
struct TransactionConflictTests {
    enum Use: CaseIterable {
        case read, write, blindDelete, readAbsent, deleteAbsent, condition, otherKey

        var isAbsent: Bool { self == .readAbsent || self == .deleteAbsent }
    }

    enum Change: CaseIterable {
        case nothing, put, sameValue, remove, removeAndPutBack, putAndRemove, batch, transaction
        case putAndExpire
    }

    /// What is flushed is only in segments: its version is known to the disk alone.
    private func rig(isFlushed: Bool) throws -> Rig {
        var options = Rig.smallOptions
        options.hotTier = !isFlushed
        return try Rig(options)
    }

    private func make(_ use: Use, _ rig: Rig, _ id: TransactionID) throws {
        switch use {
        case .read: #expect(try rig.value("a", in: id) == "1")
        case .write: try rig.put("a", "own", in: id)
        case .blindDelete: #expect(try rig.remove("a", in: id) == .deleted)
        case .readAbsent: #expect(try rig.value("a", in: id) == nil)
        case .deleteAbsent: #expect(try rig.remove("a", in: id) == .absent)
        case .condition: #expect(try rig.put("a", "2", if: .absent, in: id) == .conditionFailed)
        case .otherKey: try rig.put("other", "1", in: id)
        }
        try rig.put("result", "of it", in: id)
    }

    /// - Returns: true where the key "a" was changed, be it back to what it was.
    private func make(_ change: Change, _ rig: Rig) throws -> Bool {
        let exists = try rig.value("a") != nil
        switch change {
        case .nothing: return false
        case .put: try rig.put("a", "2")
        case .sameValue: try rig.put("a", "1")
        case .remove: return try rig.remove("a").outcome == .deleted
        case .removeAndPutBack:
            try rig.remove("a")
            try rig.put("a", "1")
        case .putAndRemove:
            try rig.put("a", "2")
            try rig.remove("a")
            if exists { try rig.put("a", "1") }
        case .batch:
            var batch = WriteBatch(for: rig.options)
            try Array("a".utf8).withUnsafeBytes { key in
                try batch.put(
                    rig.engine.key(key), value: key, contentType: .init(start: nil, count: 0),
                    expiry: .never)
            }
            _ = try rig.engine.apply(batch)
        case .transaction:
            let other = try rig.begin()
            try rig.put("a", "3", in: other)
            try rig.commit(other)
        case .putAndExpire:
            try rig.put("a", "2", ttl: 10)
            rig.clock.advance(milliseconds: 2000)
            rig.engine.sweep()
            #expect(try rig.value("a") == nil)
        }
        return true
    }

    @Test(arguments: Use.allCases, Change.allCases)
    func aCommitIsRefusedExactlyWhereAKeyThatItUsedHasChanged(use: Use, change: Change) throws {
        for isFlushed in [false, true] {
            let rig = try rig(isFlushed: isFlushed)
            if !use.isAbsent { try rig.put("a", "1") }
            if isFlushed { try rig.flushAll() }
            let id = try rig.begin()
            try make(use, rig, id)
            let isChanged = try make(change, rig)
            if isFlushed { try rig.flushAll() }
            let mustConflict = isChanged && use != .otherKey
            #expect(try rig.conflicts(id) == mustConflict)
            #expect(try rig.value("result") == (mustConflict ? nil : "of it"))
            #expect(try rig.state(id) == (mustConflict ? .rolledBack : .committed))
            rig.engine.checkInvariants()
        }
    }

    @Test(arguments: Change.allCases)
    func aReadWhoseSnapshotIsGoneEndsTheTransaction(change: Change) throws {
        for (exists, isFlushed) in [(true, false), (false, false), (true, true), (false, true)] {
            let rig = try rig(isFlushed: isFlushed)
            if exists { try rig.put("a", "1") }
            let id = try rig.begin()
            try rig.put("own", "1", in: id)
            let isChanged = try make(change, rig)
            if isFlushed {
                try rig.flushAll()
                try rig.engine.waitUntilDurable(rig.engine.lastLSN)
            }
            guard isChanged else {
                #expect(try rig.value("a", in: id) == (exists ? "1" : nil))
                continue
            }
            #expect(throws: TransactionError.conflict) { try rig.value("a", in: id) }
            #expect(throws: TransactionError.ended(.rolledBack)) { try rig.commit(id) }
            #expect(try rig.value("own") == nil)
            #expect(rig.engine.statistics().transactionConflicts == 1)
            rig.engine.checkInvariants()
        }
    }

    @Test func readsRepeatOrTheTransactionIsOver() throws {
        let rig = try Rig()
        try rig.put("a", "1")
        let id = try rig.begin()
        #expect(try rig.value("a", in: id) == "1")
        #expect(try rig.value("b", in: id) == nil)
        #expect(try rig.value("a", in: id) == "1")
        try rig.put("b", "1")
        #expect(throws: TransactionError.conflict) { try rig.value("b", in: id) }
    }

    @Test func ofTwoThatWriteOneKeyTheFirstWins() throws {
        let rig = try Rig()
        let first = try rig.begin()
        let second = try rig.begin()
        try rig.put("a", "1", in: first)
        try rig.put("a", "2", in: second)
        try rig.commit(first)
        #expect(try rig.conflicts(second))
        #expect(try rig.value("a") == "1")
    }

    @Test func writeSkewIsRefused() throws {
        let rig = try Rig()
        try rig.put("a", "1")
        try rig.put("b", "1")
        let first = try rig.begin()
        let second = try rig.begin()
        for id in [first, second] {
            #expect(try rig.value("a", in: id) == "1")
            #expect(try rig.value("b", in: id) == "1")
        }
        try rig.put("a", "0", in: first)
        try rig.put("b", "0", in: second)
        try rig.commit(first)
        #expect(try rig.conflicts(second))
    }

    @Test func whatHappenedBeforeTheStartIsNoConflict() throws {
        let rig = try Rig()
        try rig.put("a", "1")
        try rig.put("b", "1")
        try rig.remove("b")
        let id = try rig.begin()
        #expect(try rig.value("a", in: id) == "1")
        #expect(try rig.value("b", in: id) == nil)
        try rig.put("b", "2", in: id)
        try rig.commit(id)
        #expect(try rig.value("b") == "2")
    }

    @Test func leavingValidationOutIsNoticed() throws {
        var options = Rig.smallOptions
        options.unsafeOmissions = .commitValidation
        let rig = try Rig(options)
        let id = try rig.begin()
        try rig.put("a", "own", in: id)
        try rig.put("a", "2")
        #expect(try rig.conflicts(id) == false)
    }
}
