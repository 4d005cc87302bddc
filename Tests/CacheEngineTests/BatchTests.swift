import CacheBase
import CacheEngine
import CacheFiles
import Testing

@Suite("Batch")
struct BatchTests {
    private func withBytes<Result>(
        _ text: String, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try Array(text.utf8).withUnsafeBytes(body)
    }

    private func put(
        _ key: String, _ value: String, _ batch: inout WriteBatch, _ rig: Rig
    ) throws {
        try withBytes(key) { key in
            try withBytes(value) { value in
                try batch.put(
                    rig.engine.key(key), value: value,
                    contentType: UnsafeRawBufferPointer(start: nil, count: 0), expiry: .never)
            }
        }
    }

    private func describe(_ outcome: BatchOutcome) -> String {
        switch outcome {
        case .written(let outcome): "\(outcome)"
        case .miss: "miss"
        case .entry(let entry): String(decoding: entry.value, as: UTF8.self)
        case .overLimit: "over limit"
        case .cold: "cold"
        }
    }

    @Test func operationsHappenInOrderAndReadsSeeTheWritesBefore() throws {
        let rig = try Rig()
        try rig.put("old", "value")
        var batch = WriteBatch(for: rig.options)
        try withBytes("new") { try batch.read(rig.engine.key($0)) }
        try put("new", "one", &batch, rig)
        try withBytes("new") { try batch.read(rig.engine.key($0)) }
        try put("new", "two", &batch, rig)
        try withBytes("old") { try batch.remove(rig.engine.key($0)) }
        try withBytes("old") { try batch.remove(rig.engine.key($0)) }
        let result = try rig.engine.apply(batch)
        #expect(
            result.outcomes.map(describe) == [
                "miss", "created", "one", "replaced", "deleted", "absent",
            ])
        #expect(result.lsn == rig.engine.lastLSN && result.lsn.rawValue == 2)
        #expect(try rig.value("new") == "two")
        #expect(try rig.get("new")?.lsn == result.lsn)
        rig.engine.checkInvariants()
    }

    @Test func whatTheReadsCopyIsLimited() throws {
        let rig = try Rig()
        let bytes = 8 << 20
        try rig.put(Array("large".utf8), [UInt8](repeating: 1, count: bytes))
        try rig.put("small", "")
        var batch = WriteBatch(for: rig.options)
        let fitting = Limits.batchReadBytesMax / bytes
        for _ in 0...fitting { try withBytes("large") { try batch.read(rig.engine.key($0)) } }
        try withBytes("small") { try batch.read(rig.engine.key($0)) }
        let outcomes = try rig.engine.apply(batch).outcomes.map { outcome in
            if case .entry(let entry) = outcome { return "\(entry.value.count)" }
            return describe(outcome)
        }
        let wanted = [String](repeating: "\(bytes)", count: fitting) + ["over limit", "0"]
        #expect(outcomes == wanted)
    }

    @Test(arguments: [false, true])
    func aBatchIsWholeOrAbsentAfterPowerLoss(synced: Bool) throws {
        for seed in 0..<60 {
            let rig = try Rig(disk: SimulatedFileSystem(seed: UInt64(seed)))
            var batch = WriteBatch(for: rig.options)
            for number in 0..<40 { try put("key \(number)", "value \(number)", &batch, rig) }
            let lsn = try rig.engine.apply(batch).lsn
            if synced { try rig.engine.waitUntilDurable(lsn) }
            try rig.crash(.power(seed: UInt64(seed)))
            let found = try (0..<40).filter { try rig.value("key \($0)") == "value \($0)" }.count
            #expect(found == 40 || (found == 0 && !synced))
        }
    }

    @Test func entriesOfABatchAreFlushedAndRecoveredLikeOthers() throws {
        let rig = try Rig()
        var batch = WriteBatch(for: rig.options)
        for number in 0..<300 { try put("key \(number)", "value \(number)", &batch, rig) }
        _ = try rig.engine.apply(batch)
        try rig.crash(.process)
        #expect(try rig.value("key 299") == "value 299")
        try rig.flushAll()
        try rig.crash(.process)
        var reads = WriteBatch(for: rig.options)
        try withBytes("key 7") { try reads.read(rig.engine.key($0)) }
        #expect(try rig.engine.apply(reads).outcomes.map(describe) == ["cold"])
        for number in 0..<300 { #expect(try rig.value("key \(number)") == "value \(number)") }
        rig.engine.checkInvariants()
    }

    @Test func aBatchBeyondItsLimitsIsRefusedWhole() throws {
        let rig = try Rig()
        var batch = WriteBatch(for: rig.options)
        for number in 0..<Limits.batchWritesMax { try put("key \(number)", "", &batch, rig) }
        #expect(throws: StorageError(.tooLarge, "")) { try put("more", "", &batch, rig) }
        #expect(try rig.engine.apply(batch).outcomes.count == Limits.batchWritesMax)
        #expect(try rig.get("more") == nil)
    }
}
