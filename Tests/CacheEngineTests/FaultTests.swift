import CacheBase
import CacheEngine
import CacheFiles
import Testing

@Suite("Faults of the disk")
struct FaultTests {
    /// A store with entries in segments and in the log.
    private func filled(_ count: Int = 400, disk: SimulatedFileSystem? = nil) throws -> Rig {
        let rig = try Rig(disk: disk)
        for number in 0..<count { try rig.put("key \(number)", "value \(number)") }
        try rig.flushAll()
        for number in 0..<count / 4 { try rig.put("key \(number)", "newer \(number)") }
        try rig.engine.waitUntilDurable(rig.engine.lastLSN)
        return rig
    }

    private func check(_ rig: Rig, _ count: Int = 400) throws {
        for number in 0..<count {
            let expected = number < count / 4 ? "newer \(number)" : "value \(number)"
            #expect(try rig.value("key \(number)") == expected)
        }
    }

    @Test func aFailedSyncIsNeverRetriedAndAcknowledged() throws {
        let rig = try filled()
        let before = rig.engine.durableLSN
        let receipt = try rig.put("new", "value")
        rig.disk.inject(FileFault(.io, on: [.sync]))
        #expect(throws: StorageError(.io, "")) { try rig.engine.waitUntilDurable(receipt.lsn) }
        #expect(throws: StorageError(.poisoned, "")) {
            try rig.engine.waitUntilDurable(receipt.lsn)
        }
        #expect(throws: StorageError(.poisoned, "")) { try rig.put("other", "value") }
        #expect(rig.engine.durableLSN == before && !rig.engine.acceptsWrites)
        try check(rig)
        try rig.crash(.power(seed: 1))
        #expect(rig.engine.acceptsWrites)
        try check(rig)
    }

    @Test func aFullDiskRefusesWritesKeepsReadingAndHeals() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let rig = try filled(disk: disk)
        disk.capacityBytes = 1
        var refusals = 0
        for number in 0..<3000 {
            do {
                try rig.put("more \(number)", String(repeating: "x", count: 500))
            } catch let error as StorageError {
                #expect(error.kind == .noSpace || error.kind == .overloaded)
                refusals += 1
            }
            if number % 500 == 0 {
                #expect(throws: StorageError(.noSpace, "")) { try rig.engine.flush() }
            }
        }
        #expect(refusals > 0)
        try check(rig)
        disk.capacityBytes = nil
        try rig.put("after", "healing")
        try rig.flushAll()
        try check(rig)
        try rig.crash(.process)
        try check(rig)
        #expect(try rig.value("after") == "healing")
        rig.engine.checkInvariants()
    }

    @Test func writesAreTakenAgainWhereverAFlushOfAFullLogFailed() throws {
        var options = Rig.smallOptions
        options.memoryBytesMax = 256 << 10
        options.hotTier = false
        for nth in 1...40 {
            let rig = try Rig(options, disk: SimulatedFileSystem(seed: UInt64(nth)))
            var taken = 0
            while (try? rig.put("key \(taken)", String(repeating: "x", count: 500))) != nil {
                taken += 1
            }
            rig.disk.inject(FileFault(.io, on: [.rename, .syncDirectory, .remove], nth: nth))
            while (try? rig.engine.flush()) == true {}
            rig.disk.heal()
            try rig.flushAll()
            try rig.put("after", "healing")
            try rig.crash(.process)
            for number in 0..<taken { #expect(try rig.value("key \(number)")?.count == 500) }
        }
    }

    @Test func aFlushOrCompactionThatFailsAtAnyPointLosesNothing() throws {
        for nth in 1...60 {
            let rig = try filled(disk: SimulatedFileSystem(seed: UInt64(nth)))
            let operations: Set<FileOperation> = [
                .write, .create, .rename, .remove, .syncDirectory,
            ]
            rig.disk.inject(FileFault(.noSpace, on: operations, nth: nth))
            for _ in 0..<4 {
                _ = try? rig.engine.flush()
                _ = try? rig.engine.compact()
            }
            rig.disk.heal()
            try check(rig)
            rig.engine.checkInvariants()
            try rig.flushAll()
            while try rig.engine.compact() {}
            try check(rig)
            rig.engine.checkInvariants()
            try rig.crash(.process)
            try check(rig)
            rig.engine.checkInvariants()
        }
    }

    @Test func noFlippedByteIsEverServed() throws {
        let origin = try filled(80)
        origin.engine.close()
        var damaged = 0
        for (path, size) in origin.disk.files {
            // Log files are mostly empty; the rest is taken at every byte.
            for offset in stride(from: 0, to: min(size, 12_000), by: path.hasSuffix(".wal") ? 5 : 3)
            {
                let disk = origin.disk.fork()
                try disk.flip(path, at: offset)
                guard let rig = try? Rig(disk: disk) else {
                    damaged += 1
                    continue
                }
                for number in 0..<80 {
                    let expected = number < 20 ? "newer \(number)" : "value \(number)"
                    do {
                        #expect(try rig.value("key \(number)") == expected, "\(path) \(offset)")
                    } catch let error as StorageError {
                        #expect(error.kind == .corruption)
                        damaged += 1
                    }
                }
            }
        }
        #expect(damaged > 100)
    }

    @Test func aDamagedOrMissingHintIsRebuilt() throws {
        let rig = try filled()
        let hints = rig.disk.files.map(\.path).filter { $0.hasSuffix(".hint") }
        #expect(!hints.isEmpty)
        for (index, path) in hints.enumerated() {
            rig.engine.close()
            if index % 2 == 0 { try rig.disk.flip(path, at: 60) } else { try rig.disk.remove(path) }
            try rig.crash(.process)
            #expect(rig.engine.recovery.hintsRebuilt == 1)
            try check(rig)
        }
        try rig.crash(.process)
        #expect(rig.engine.recovery.hintsRebuilt == 0)
    }

    @Test func durableRecordsThatAreDamagedAreNotTakenForATornTail() throws {
        let rig = try filled()
        rig.engine.close()
        var refusals = 0
        for (path, size) in rig.disk.files where path.hasSuffix(".wal") {
            for offset in stride(from: 4096, to: size, by: 97) {
                let disk = rig.disk.fork()
                try disk.flip(path, at: offset)
                do {
                    // What was flipped is flushed already, or was never written.
                    try check(try Rig(disk: disk))
                } catch let error as StorageError {
                    #expect(error.kind == .corruption && error.file == path)
                    refusals += 1
                }
            }
        }
        #expect(refusals > 50)
    }

    @Test func aTornTailIsCutAndTheStoreGoesOn() throws {
        let disk = SimulatedFileSystem(seed: 3)
        let rig = try filled(disk: disk)
        var tornOnce = false
        for round in 0..<40 {
            for number in 0..<20 { try rig.put("loose \(number)", "\(round)") }
            try rig.crash(.power(seed: UInt64(round)))
            tornOnce = tornOnce || rig.engine.recovery.tornBytes > 0
            try check(rig)
            rig.engine.checkInvariants()
        }
        #expect(tornOnce)
    }

    @Test func aFolderThatIsNotOursIsRefusedUntouched() throws {
        let disk = SimulatedFileSystem(seed: 1)
        try disk.createDirectory("data")
        _ = try disk.open("data/holiday.jpg", .create)
        #expect(throws: StorageError(.foreign, "")) { try Rig(disk: disk) }
        #expect(try disk.list("data") == ["holiday.jpg"])
    }

    @Test(arguments: ["STORE", "CHECKPOINT"])
    func aNewerFormatIsRefusedUntouched(name: String) throws {
        let rig = try filled()
        rig.engine.close()
        try rig.disk.flip("data/" + name, at: 6, bits: 0x40)
        let before = rig.disk.files.map(\.path).sorted()
        #expect(throws: StorageError(.newerFormat, "")) { try Rig(disk: rig.disk) }
        #expect(rig.disk.files.map(\.path).sorted() == before)
    }
}
