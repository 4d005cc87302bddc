import CacheBase
import CacheEngine
import CacheFiles
import Testing

/// What was killed is started again, goes on, and only then the power goes: what a start finds in
/// memory must become durable before anything that is written behind it is acknowledged as such.
@Suite("Power loss after a kill")
struct AfterTheKillTests {
    private static let values = (0..<60).map {
        "value \($0) " + String(repeating: "x", count: 3000)
    }

    private func write(_ rig: Rig) throws {
        for (number, value) in Self.values.enumerated() { try rig.put("key \(number)", value) }
    }

    private func checkAfterPowerLoss(_ rig: Rig, seed: UInt64) throws {
        let receipt = try rig.put("last", "after the kill")
        try rig.engine.waitUntilDurable(receipt.lsn)
        try rig.crash(.power(seed: seed))
        for (number, value) in Self.values.enumerated() {
            #expect(try rig.value("key \(number)") == value, "key \(number), seed \(seed)")
        }
        #expect(try rig.value("last") == "after the kill")
        rig.engine.checkInvariants()
    }

    @Test(arguments: UInt64(1)...20)
    func aLogOfSeveralFilesIsSyncedWhole(seed: UInt64) throws {
        let rig = try Rig(disk: SimulatedFileSystem(seed: seed))
        try write(rig)
        try rig.crash(.process)
        try checkAfterPowerLoss(rig, seed: seed)
    }

    /// The kernel takes pages whose sync failed for clean, and no later sync writes them.
    @Test(arguments: UInt64(1)...20)
    func whatAFailedSyncLeftIsWrittenAgain(seed: UInt64) throws {
        let rig = try Rig(disk: SimulatedFileSystem(seed: seed))
        try rig.put("first", "durable")
        try rig.engine.waitUntilDurable(rig.engine.lastLSN)
        try write(rig)
        rig.disk.inject(FileFault(.io, on: [.sync], nth: Int(seed % 3) + 1))
        #expect(throws: StorageError(.io, "")) {
            try rig.engine.waitUntilDurable(rig.engine.lastLSN)
        }
        try rig.crash(.process)
        try checkAfterPowerLoss(rig, seed: seed)
        #expect(try rig.value("first") == "durable")
    }
}
